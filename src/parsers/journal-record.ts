import { ParseError } from '../model/errors.ts';
import type { JournalRecord } from '../model/kernel-record.ts';
import { quote } from './lines.ts';

/** The fields {@link parseJournalRecord} reads, in addition to the address fields that journalctl always prints. */
export const journalFields: readonly string[] = [
  'MESSAGE',
  'PRIORITY',
  'SYSLOG_FACILITY',
  '_BOOT_ID',
  '_KERNEL_DEVICE',
  '_KERNEL_SUBSYSTEM',
  '_SOURCE_MONOTONIC_TIMESTAMP',
];

/**
 * Parses one line of `journalctl -k -o json`. A message with control characters or invalid UTF-8 is an array of bytes, a very
 * long one is null. A record without SYSLOG_FACILITY does not count as the kernel's (facility 0): it may be from a process.
 *
 * One real line: `{"__CURSOR":"s=6c1…","_SOURCE_MONOTONIC_TIMESTAMP":"71124464","PRIORITY":"3","SYSLOG_FACILITY":"0",
 * "MESSAGE":"e1000e 0000:00:03.0 eno1: Reset adapter unexpectedly",…}`
 *
 * @throws {ParseError} when the line is not a JSON object, or lacks the cursor or the time.
 * @see systemd.journal-fields(7), src/journal/journald-kmsg.c
 */
export function parseJournalRecord(line: string): JournalRecord {
  const fields = parseFields(line);
  const text = (name: string): string | undefined => {
    const value = fields.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  const number = (name: string): number | undefined => {
    const value = text(name);
    return value !== undefined && /^\d{1,20}$/.test(value) ? Number(value) : undefined;
  };
  const cursor = text('__CURSOR');
  const timestamp = number('_SOURCE_MONOTONIC_TIMESTAMP') ?? number('__MONOTONIC_TIMESTAMP');
  if (cursor === undefined || timestamp === undefined) {
    throw new ParseError(1, `expected a record with cursor and monotonic time, got ${quote(line)}`);
  }
  return {
    sequence: undefined,
    cursor,
    timestampMicroseconds: timestamp,
    realtimeMicroseconds: number('__REALTIME_TIMESTAMP'),
    facility: number('SYSLOG_FACILITY') ?? Number.NaN,
    level: number('PRIORITY') ?? 6,
    text: messageOf(fields.get('MESSAGE')),
    subsystem: text('_KERNEL_SUBSYSTEM'),
    device: text('_KERNEL_DEVICE'),
    bootId: text('_BOOT_ID')?.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
  };
}

function parseFields(line: string): ReadonlyMap<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new ParseError(1, `expected a JSON object, got ${quote(line)}`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ParseError(1, `expected a JSON object, got ${quote(line)}`);
  }
  return new Map(Object.entries(value));
}

function messageOf(message: unknown): string {
  if (typeof message === 'string') {
    return message.trimEnd();
  }
  const bytes = Array.isArray(message) ? message.filter((byte) => typeof byte === 'number') : [];
  return Buffer.from(bytes).toString('utf8').trimEnd();
}
