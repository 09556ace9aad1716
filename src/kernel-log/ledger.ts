import type { Host } from '../host/host.ts';
import { ParseError, SourceError } from '../model/errors.ts';
import type { BootEvents, Ledger, LogPosition } from '../model/ledger.ts';
import { formatLedger, parseLedger } from '../parsers/ledger.ts';

/** An event is on disk this soon; until then it is in the kernel's ring. */
const eventSaveMilliseconds = 1000;
/** How far the log was read is written seldom: losing it costs a second look at what is still there. */
const positionSaveMilliseconds = 60_000;

/** Nothing of the log was read yet. */
export const startOfLog: LogPosition = {
  sequence: undefined,
  cursor: undefined,
  timestampMicroseconds: undefined,
};

/** What the last run of the agent left behind. */
export interface RestoredLedger {
  /** Of this boot; undefined where there is nothing to go on from. */
  readonly ledger: Ledger | undefined;
  /** Of the boot before. */
  readonly previousBoot: BootEvents | undefined;
  /** What was wrong with the file, which was then set aside. */
  readonly problem: SourceError | ParseError | undefined;
}

/**
 * Reads what the last run left. What it counted in another boot becomes evidence of that boot; a file that is damaged,
 * of a newer version or no ledger at all is set aside, and the log is counted from its beginning.
 */
export async function restoreLedger(
  state: Host['state'],
  bootId: string | undefined,
): Promise<RestoredLedger> {
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

/** Writes the ledger after changes, not with every one of them. */
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
export function createLedgerWriter(state: Host['state'], current: () => Ledger): LedgerWriter {
  let error: SourceError | undefined;
  let isWritten = false;
  let isDirty = true;
  let timer: NodeJS.Timeout | undefined;
  let timerEndsAt = Number.POSITIVE_INFINITY;
  let writing: Promise<void> = Promise.resolve();

  const write = async (): Promise<void> => {
    if (!isDirty) {
      return;
    }
    isDirty = false;
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
    writing = writing.then(write);
    return writing;
  };

  return {
    flush,
    isPersistent: () => isWritten,
    error: () => error,
    changed: (what) => {
      isDirty = true;
      const delay = what === 'event' ? eventSaveMilliseconds : positionSaveMilliseconds;
      // The time of day may be set, early in a boot by years.
      const endsAt = performance.now() + delay;
      if (endsAt < timerEndsAt) {
        clearTimeout(timer);
        timerEndsAt = endsAt;
        timer = setTimeout(() => void flush(), delay);
        timer.unref();
      }
    },
  };
}
