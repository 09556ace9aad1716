import type { StateFile } from '../host/host.ts';
import { SourceError } from '../model/errors.ts';
import type { KernelRecord } from '../model/kernel-record.ts';
import type { Ledger, LogPosition } from '../model/ledger.ts';
import { formatLedger } from '../parsers/ledger.ts';

/** Limits the rate of writes during a flood of events. */
const minWriteIntervalMilliseconds = 100;
/** A position may be written late: if it is lost, records still in the ring buffer are read twice. */
const positionDelayMilliseconds = 5000;
/** Interval of retries after a failed read or write. */
export const retryMilliseconds = 5000;

/** The position before the first record. */
export const startOfLog: LogPosition = {
  sequence: undefined,
  cursor: undefined,
  timestampMicroseconds: undefined,
};

/** The position after a record. */
export function positionOf({ sequence, cursor, timestampMicroseconds }: KernelRecord): LogPosition {
  return { sequence, cursor, timestampMicroseconds };
}

/**
 * Whether a record has already been counted. Each source has its own kind of position; after a change of source, the
 * timestamps since boot are compared, which both sources share.
 */
export function isBehind(record: KernelRecord, position: LogPosition): boolean {
  if (record.sequence !== undefined && position.sequence !== undefined) {
    return record.sequence <= position.sequence;
  }
  if (record.cursor !== undefined && position.cursor !== undefined) {
    // The journal was opened after the cursor.
    return false;
  }
  return (
    position.timestampMicroseconds !== undefined &&
    record.timestampMicroseconds <= position.timestampMicroseconds
  );
}

/** Number of records missing between the position and this record. */
export function lostBetween(position: LogPosition, { sequence }: KernelRecord): number {
  return sequence === undefined || position.sequence === undefined
    ? 0
    : sequence - position.sequence - 1;
}

/** Writes the ledger when it has changed: events at once, positions in batches. */
export interface LedgerWriter {
  /** Schedules a write; an `event` must not be lost. */
  changed(what: 'event' | 'position'): void;
  /** Writes pending changes now. */
  flush(): Promise<void>;
  /** Whether the last write succeeded; undefined before the first has ended. */
  isPersistent(): boolean | undefined;
  /** Why it failed. */
  error(): SourceError | undefined;
}

/** Creates the writer of a ledger; `current` returns the ledger to write. */
export function createLedgerWriter(state: StateFile, current: () => Ledger): LedgerWriter {
  let error: SourceError | undefined;
  let isWritten: boolean | undefined;
  let isDirty = true;
  let timer: NodeJS.Timeout | undefined;
  let timerEndsAt = Number.POSITIVE_INFINITY;
  let startedAt = Number.NEGATIVE_INFINITY;
  let writing: Promise<void> = Promise.resolve();
  /** The write queued behind the one in progress. */
  let next: Promise<void> | undefined;

  const write = async (): Promise<void> => {
    next = undefined;
    if (!isDirty) {
      return;
    }
    isDirty = false;
    startedAt = performance.now();
    try {
      await state.write(formatLedger(current()));
      isWritten = true;
      error = undefined;
    } catch (caught) {
      isDirty = true;
      isWritten = false;
      error = sourceErrorFrom(caught);
      writeAt(performance.now() + retryMilliseconds);
    }
  };

  const writeAt = (time: number): void => {
    if (next === undefined && time < timerEndsAt) {
      clearTimeout(timer);
      timerEndsAt = time;
      timer = setTimeout(() => void flush(), time - performance.now());
      timer.unref();
    }
  };

  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timerEndsAt = Number.POSITIVE_INFINITY;
    // Writes are serialized: they share a temporary file.
    next ??= writing.then(write);
    writing = next;
    return next;
  };

  return {
    flush,
    isPersistent: () => isWritten,
    error: () => error,
    changed: (what) => {
      isDirty = true;
      // Monotonic: the wall clock may be set, early in a boot by years.
      const now = performance.now();
      writeAt(
        what === 'event'
          ? Math.max(now, startedAt + minWriteIntervalMilliseconds)
          : now + positionDelayMilliseconds,
      );
    },
  };
}

/** Wraps any error that is not a SourceError as a failed write. */
export function sourceErrorFrom(error: unknown): SourceError {
  return error instanceof SourceError
    ? error
    : new SourceError('failed', `cannot write the state file: ${String(error)}`, { cause: error });
}
