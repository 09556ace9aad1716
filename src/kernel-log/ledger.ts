import type { StateFile } from '../host/host.ts';
import { SourceError } from '../model/errors.ts';
import type { KernelRecord } from '../model/kernel-record.ts';
import type { Ledger, LogPosition } from '../model/ledger.ts';
import { formatLedger } from '../parsers/ledger.ts';

/** Under a flood of events there is one write in so long, and not one for each. */
const minWriteIntervalMilliseconds = 100;
/** How far the log was read may be written late: losing it costs a second look at what is still in the kernel's ring. */
const positionDelayMilliseconds = 5000;
/** What could not be written or read is tried again after this. */
export const retryMilliseconds = 5000;

/** Nothing of the log was read yet. */
export const startOfLog: LogPosition = {
  sequence: undefined,
  cursor: undefined,
  timestampMicroseconds: undefined,
};

/** The position behind a record. */
export function positionOf({ sequence, cursor, timestampMicroseconds }: KernelRecord): LogPosition {
  return { sequence, cursor, timestampMicroseconds };
}

/**
 * Whether a record was counted before. Each source has its own way to say where a record stands; where the log was last
 * read from the other source, both sources' time since boot is the same.
 */
export function isBehind(record: KernelRecord, position: LogPosition): boolean {
  if (record.sequence !== undefined && position.sequence !== undefined) {
    return record.sequence <= position.sequence;
  }
  if (record.cursor !== undefined && position.cursor !== undefined) {
    // The journal was opened behind the cursor.
    return false;
  }
  return (
    position.timestampMicroseconds !== undefined &&
    record.timestampMicroseconds <= position.timestampMicroseconds
  );
}

/** How many records stood between the last one read and this one. */
export function lostBetween(position: LogPosition, { sequence }: KernelRecord): number {
  return sequence === undefined || position.sequence === undefined
    ? 0
    : sequence - position.sequence - 1;
}

/** Writes the ledger when it has changed: events at once, mere positions together. */
export interface LedgerWriter {
  /** Says that something changed; `event` is what must not be lost. */
  changed(what: 'event' | 'position'): void;
  /** Writes now what has not been written. */
  flush(): Promise<void>;
  /** Whether the last write went well; undefined before the first has ended. */
  isPersistent(): boolean | undefined;
  /** Why it did not. */
  error(): SourceError | undefined;
}

/** Makes the writer of a ledger; `current` gives what is to be written at that moment. */
export function createLedgerWriter(state: StateFile, current: () => Ledger): LedgerWriter {
  let error: SourceError | undefined;
  let isWritten: boolean | undefined;
  let isDirty = true;
  let timer: NodeJS.Timeout | undefined;
  let timerEndsAt = Number.POSITIVE_INFINITY;
  let startedAt = Number.NEGATIVE_INFINITY;
  let writing: Promise<void> = Promise.resolve();
  /** The write that begins when the one that is going on has ended. */
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
    // One after the other: all go through the same temporary file.
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
      // The time of day may be set, early in a boot by years.
      const now = performance.now();
      writeAt(
        what === 'event'
          ? Math.max(now, startedAt + minWriteIntervalMilliseconds)
          : now + positionDelayMilliseconds,
      );
    },
  };
}

/** An error of the state file as what it is, any other as one of writing it. */
export function sourceErrorFrom(error: unknown): SourceError {
  return error instanceof SourceError
    ? error
    : new SourceError('failed', `cannot write the state file: ${String(error)}`, { cause: error });
}
