/** Maximum length of quoted input in an error message. */
const maxQuotedLength = 120;

/** Quotes input for an error message: JSON-escaped, so that control characters show, and cut when long. */
export function quote(input: string): string {
  return JSON.stringify(
    input.length > maxQuotedLength ? `${input.slice(0, maxQuotedLength)}…` : input,
  );
}

/** Splits text into lines; a trailing newline does not start another line. */
export function linesOf(text: string): readonly string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') {
    lines.pop();
  }
  return lines;
}

/** Splits text into lines numbered from 1. */
export function numberedLines(text: string): readonly (readonly [number: number, line: string])[] {
  return linesOf(text).map((line, index) => [index + 1, line]);
}

/** A line, with those that continue it. */
export interface LogicalLine {
  /** Number of its first line, from 1. */
  readonly line: number;
  readonly text: string;
  /** The text ended where a continuation was expected. */
  readonly isUnfinished: boolean;
}

interface ContinuationSyntax {
  readonly isSkipped: (line: string, isContinuation: boolean) => boolean;
  /** What replaces the backslash and the line break. */
  readonly glue?: string;
}

/** Joins lines that end in a backslash with their next line. */
export function joinContinued(
  text: string,
  { isSkipped, glue = '' }: ContinuationSyntax,
): readonly LogicalLine[] {
  const joined: LogicalLine[] = [];
  let open: LogicalLine | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    if (!isSkipped(raw, open !== undefined)) {
      const isUnfinished = raw.endsWith('\\');
      const part = isUnfinished ? raw.slice(0, -1) + glue : raw;
      open = { line: open?.line ?? index + 1, text: (open?.text ?? '') + part, isUnfinished };
      if (!isUnfinished) {
        joined.push(open);
        open = undefined;
      }
    }
  }
  return open === undefined ? joined : [...joined, open];
}
