/** A file with `content` and `mode`, a symbolic link with `target`, or an empty folder. */
export interface TreeEntry {
  /** From the folder that was read. */
  readonly path: string;
  readonly target?: string;
  readonly content?: Buffer;
  readonly mode?: number;
}

export function readTree(folder: string): readonly TreeEntry[];
export function writeTree(entries: readonly TreeEntry[], folder: string): void;
export function formatTree(entries: readonly TreeEntry[]): string;
export function parseTree(text: string): readonly TreeEntry[];
