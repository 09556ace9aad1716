/** An assignment in a file of sections, with the line it begins on. */
export interface IniEntry {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

/** How GLib's key files differ from what systemd reads: they have no continued lines and no comments of `;`. */
export type IniDialect = 'systemd' | 'keyfile';

/**
 * Parses a file of sections. A comment is a line of its own: what stands behind a value belongs to it, as both systemd
 * and GLib have it. Lines that are no assignment are left out, as both do.
 *
 * One real line: `TCPSegmentationOffload=no`
 *
 * @see systemd.syntax(7), GKeyFile
 */
export function parseIniLines(text: string, dialect: IniDialect): readonly IniEntry[] {
  const entries: IniEntry[] = [];
  let section = '';
  for (const { line, text: raw } of joinContinued(text, dialect)) {
    const trimmed = raw.trim();
    const heading = /^\[(.*)\]$/.exec(trimmed)?.[1];
    if (heading !== undefined) {
      section = heading;
      continue;
    }
    const separator = trimmed.indexOf('=');
    if (separator > 0) {
      const key = trimmed.slice(0, separator).trimEnd();
      entries.push({ section, key, value: trimmed.slice(separator + 1).trim(), line });
    }
  }
  return entries;
}

function joinContinued(
  text: string,
  dialect: IniDialect,
): readonly { readonly line: number; readonly text: string }[] {
  const joined: { line: number; text: string }[] = [];
  let open: { line: number; text: string } | undefined;
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const isComment = dialect === 'systemd' ? /^\s*[#;]/.test(raw) : /^\s*#/.test(raw);
    if (isComment) {
      continue;
    }
    const isContinued = dialect === 'systemd' && raw.endsWith('\\');
    const part = isContinued ? `${raw.slice(0, -1)} ` : raw;
    open =
      open === undefined ? { line: index + 1, text: part } : { ...open, text: open.text + part };
    if (!isContinued) {
      joined.push(open);
      open = undefined;
    }
  }
  return open === undefined ? joined : [...joined, open];
}
