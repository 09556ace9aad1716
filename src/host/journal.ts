import { setTimeout } from 'node:timers/promises';

import { ParseError, SourceError } from '../model/errors.ts';
import type { JournalRecord, KernelLogBatch } from '../model/kernel-record.ts';
import { journalFields, parseJournalRecord } from '../parsers/journal-record.ts';
import type { StreamLines } from './command.ts';

/** After this silence, the existing records of the journal have been read. */
const quietMilliseconds = 300;
/** Timeout of the first record: the journal of a running system always has records of its boot. */
const defaultFirstRecordTimeoutMilliseconds = 5000;

export interface JournalOptions {
  readonly streamLines: StreamLines;
  /** Mount point of the host's root. */
  readonly rootfs: string;
  readonly signal: AbortSignal;
  readonly firstRecordTimeoutMilliseconds?: number;
}

/**
 * Reads this boot's kernel records from the journal, from the beginning or after a cursor, then follows it until
 * `signal` is aborted.
 *
 * @throws {SourceError} when journalctl cannot be run or exits, or there is no kernel record.
 * @see journalctl(1)
 */
export async function* readJournal(
  {
    streamLines,
    rootfs,
    signal,
    firstRecordTimeoutMilliseconds = defaultFirstRecordTimeoutMilliseconds,
  }: JournalOptions,
  afterCursor: string | undefined,
): AsyncGenerator<KernelLogBatch> {
  const argv = [
    ...journalArguments(rootfs),
    '--follow',
    '--no-tail',
    ...(afterCursor === undefined ? [] : [`--after-cursor=${afterCursor}`]),
  ];
  // Kills the command even while its next line is awaited.
  const ending = new AbortController();
  const lines = streamLines('journalctl', argv, AbortSignal.any([signal, ending.signal]))[
    Symbol.asyncIterator
  ]();
  let isCaughtUp = false;
  let hasRecords = afterCursor !== undefined;
  try {
    for (let next = lines.next(); !signal.aborted;) {
      const timeout = hasRecords ? quietMilliseconds : firstRecordTimeoutMilliseconds;
      const chunk = await (isCaughtUp ? next : Promise.race([next, elapsed(timeout, signal)]));
      if (signal.aborted) {
        return;
      }
      if (chunk === undefined) {
        if (!hasRecords) {
          throw new SourceError('absent', 'the journal holds no kernel record of this boot');
        }
        isCaughtUp = true;
        yield { records: [], caughtUp: true };
      } else if (chunk.done === true) {
        throw new SourceError('failed', 'journalctl ended by itself');
      } else {
        const records = chunk.value.flatMap(recordOf);
        hasRecords ||= records.length > 0;
        yield { records, caughtUp: false };
        next = lines.next();
      }
    }
  } catch (error) {
    throw error instanceof SourceError ? withHelp(error) : error;
  } finally {
    ending.abort();
  }
}

/** Without permission, journalctl finds an empty journal or none. */
function withHelp(error: SourceError): SourceError {
  return new SourceError(
    error.reason,
    `--kernel-log.source=journal: ${error.message}; requires journalctl and membership in the group systemd-journal or adm`,
    { cause: error },
  );
}

/**
 * Reads the kernel records of the previous boot from the journal.
 *
 * @throws {SourceError} when journalctl cannot be run, or has no previous boot.
 */
export async function* readPreviousBoot({
  streamLines,
  rootfs,
  signal,
}: JournalOptions): AsyncGenerator<readonly JournalRecord[]> {
  for await (const lines of streamLines(
    'journalctl',
    journalArguments(rootfs, ['-b', '-1']),
    signal,
  )) {
    yield lines.flatMap(recordOf);
  }
}

function journalArguments(rootfs: string, boot: readonly string[] = []): readonly string[] {
  return [
    '-k',
    ...boot,
    '-o',
    'json',
    `--output-fields=${journalFields.join(',')}`,
    '--no-pager',
    ...(rootfs === '/' ? [] : [`--root=${rootfs}`]),
  ];
}

/** Skips a line that is no record. */
function recordOf(line: string): readonly JournalRecord[] {
  try {
    return [parseJournalRecord(line)];
  } catch (error) {
    if (error instanceof ParseError) {
      return [];
    }
    throw error;
  }
}

async function elapsed(milliseconds: number, signal: AbortSignal): Promise<undefined> {
  await setTimeout(milliseconds, undefined, { signal, ref: false }).catch(() => {});
}
