import { joinContinued, numberedLines } from './lines.ts';
import type { LogicalLine } from './lines.ts';

/** An assignment in a file of sections, with the number of its first line. */
export interface IniEntry {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

/** Key files of GLib have no continuation lines, and no comments that begin with `;`. */
export type IniDialect = 'systemd' | 'keyfile';

/**
 * Parses a file of sections as systemd and GLib do: a comment is a line of its own, all that follows a value is part of it,
 * and lines that are not assignments are skipped.
 *
 * One real line: `TCPSegmentationOffload=no`
 *
 * @see systemd.syntax(7), GKeyFile
 */
export function parseIniLines(text: string, dialect: IniDialect): readonly IniEntry[] {
  const entries: IniEntry[] = [];
  let section = '';
  for (const { line, text: raw } of assignmentLines(text, dialect)) {
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

function assignmentLines(
  text: string,
  dialect: IniDialect,
): readonly Pick<LogicalLine, 'line' | 'text'>[] {
  // Both end lines at a carriage return as well.
  const plain = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  return dialect === 'systemd'
    ? joinContinued(plain, { isSkipped: (line) => /^\s*[#;]/.test(line), glue: ' ' })
    : numberedLines(plain)
        .filter(([, line]) => !/^\s*#/.test(line))
        .map(([line, raw]) => ({ line, text: raw }));
}
