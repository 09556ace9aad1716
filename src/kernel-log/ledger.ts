import type { StateFile } from '../host/host.ts';
import { ParseError, SourceError } from '../model/errors.ts';
import type { KernelRecord } from '../model/kernel-record.ts';
import type { BootEvents, Ledger, LogPosition } from '../model/ledger.ts';
import { formatLedger, parseLedger } from '../parsers/ledger.ts';

/** Under a flood of events there is one write in so long, and not one for each. */
const minWriteIntervalMilliseconds = 100;
/** How far the log was read may be written late: losing it costs a second look at what is still in the kernel's ring. */
const positionDelayMilliseconds = 5000;

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

/** What the last run of the agent left behind. */
export interface RestoredLedger {
  /** Of this boot; undefined where there is nothing to go on from. */
  readonly ledger: Ledger | undefined;
  /** Of the previous boot. */
  readonly previousBoot: BootEvents | undefined;
  /** What was wrong with the file, which was then set aside. */
  readonly problem: SourceError | ParseError | undefined;
}

/**
 * Reads what the last run left. What it counted in another boot becomes evidence of that boot; a file that is damaged,
 * of a newer version or no ledger at all is set aside, and the log is counted from its beginning.
 */
export async function restoreLedger(state: StateFile, bootId: string): Promise<RestoredLedger> {
  try {
    const text = await state.read();
    const ledger = text === undefined ? undefined : parseLedger(text);
    return ledger === undefined || ledger.bootId === bootId
      ? { ledger, previousBoot: ledger?.previousBoot, problem: undefined }
      : {
          ledger: undefined,
          previousBoot: { bootId: ledger.bootId, events: ledger.events },
          problem: undefined,
        };
  } catch (error) {
    if (!(error instanceof ParseError || error instanceof SourceError)) {
      throw error;
    }
    // Where it cannot even be moved, the next write says so.
    await state.setAside().catch(() => {});
    return { ledger: undefined, previousBoot: undefined, problem: error };
  }
}

/** Writes the ledger when it has changed: events at once, mere positions together. */
export interface LedgerWriter {
  /** Says that something changed; `event` is what must not be lost. */
  changed(what: 'event' | 'position'): void;
  /** Writes now what has not been written. */
  flush(): Promise<void>;
  /** Whether the last write went well. */
  isPersistent(): boolean;
  /** Why it did not. */
  error(): SourceError | undefined;
}

/** Makes the writer of a ledger; `current` gives what is to be written at that moment. */
export function createLedgerWriter(state: StateFile, current: () => Ledger): LedgerWriter {
  let error: SourceError | undefined;
  let isWritten = false;
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
      error =
        caught instanceof SourceError
          ? caught
          : new SourceError('failed', `cannot write the state file: ${String(caught)}`, {
              cause: caught,
            });
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
      const endsAt =
        what === 'event'
          ? Math.max(now, startedAt + minWriteIntervalMilliseconds)
          : now + positionDelayMilliseconds;
      if (next === undefined && endsAt < timerEndsAt) {
        clearTimeout(timer);
        timerEndsAt = endsAt;
        timer = setTimeout(() => void flush(), endsAt - now);
        timer.unref();
      }
    },
  };
}
