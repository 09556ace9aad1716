import { ParseError } from '../model/errors.ts';
import type { KernelRecord } from '../model/kernel-record.ts';
import { quote } from './lines.ts';

const prefixPattern = /^(\d{1,10}),(\d{1,20}),(\d{1,20}),[^,;]*(?:,[^;]*)?;/;
const escapePattern = /\\x([0-9a-f]{2})/g;

/**
 * Parses the result of one read of `/dev/kmsg`. Fields added before the `;` by newer kernels are ignored.
 *
 * One real record: `3,463,71124464,-;e1000e 0000:00:03.0 eno1: Reset adapter unexpectedly` and the dictionary lines
 * ` SUBSYSTEM=pci` and ` DEVICE=+pci:0000:00:03.0`
 *
 * @throws {ParseError} when the prefix is not `priority,sequence,microseconds,flags;`.
 * @see Documentation/ABI/testing/dev-kmsg
 */
export function parseKmsgRecord(record: string): KernelRecord {
  const match = prefixPattern.exec(record);
  const [prefix, priority, sequence, timestamp] = match ?? [];
  if (prefix === undefined) {
    throw new ParseError(
      1,
      `expected "priority,sequence,microseconds,flags;", got ${quote(record)}`,
    );
  }
  const newline = record.indexOf('\n', prefix.length);
  const end = newline === -1 ? record.length : newline;
  const dictionary = parseDictionary(record.slice(end + 1));
  return {
    sequence: Number(sequence),
    cursor: undefined,
    timestampMicroseconds: Number(timestamp),
    realtimeMicroseconds: undefined,
    facility: Math.floor(Number(priority) / 8),
    level: Number(priority) % 8,
    text: unescape(record.slice(prefix.length, end)).trimEnd(),
    subsystem: dictionary.get('SUBSYSTEM'),
    device: dictionary.get('DEVICE'),
  };
}

/** Most records have none. */
const empty: ReadonlyMap<string, string> = new Map();

function parseDictionary(text: string): ReadonlyMap<string, string> {
  if (text === '') {
    return empty;
  }
  const dictionary = new Map<string, string>();
  for (const line of text.split('\n')) {
    const separator = line.indexOf('=');
    if (line.startsWith(' ') && separator > 1) {
      dictionary.set(line.slice(1, separator), unescape(line.slice(separator + 1)));
    }
  }
  return dictionary;
}

/** Decodes the kernel's `\xNN` escapes, which are bytes: several of them may form one UTF-8 character. */
function unescape(text: string): string {
  if (!text.includes('\\x')) {
    return text;
  }
  const bytes: Buffer[] = [];
  let end = 0;
  for (const match of text.matchAll(escapePattern)) {
    bytes.push(Buffer.from(text.slice(end, match.index)), Buffer.from(match[1] ?? '', 'hex'));
    end = match.index + match[0].length;
  }
  bytes.push(Buffer.from(text.slice(end)));
  return Buffer.concat(bytes).toString('utf8');
}
