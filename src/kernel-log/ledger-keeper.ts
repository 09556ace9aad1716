import type { Host, StateFile } from '../host/host.ts';
import { ParseError, SourceError } from '../model/errors.ts';
import type { BootEvents, Ledger } from '../model/ledger.ts';
import { sleep } from '../model/sleep.ts';
import { parseLedger } from '../parsers/ledger.ts';
import { createLedgerWriter, retryMilliseconds, sourceErrorFrom } from './ledger.ts';
import type { LedgerWriter } from './ledger.ts';

/** The host as the keeper needs it. */
export type LedgerHost = Pick<Host, 'readFile' | 'state'>;

/** The state left by the last run of the agent. */
export interface RestoredLedger {
  /** The ledger of this boot; undefined if there is none. */
  readonly ledger: Ledger | undefined;
  /** Of the previous boot. */
  readonly previousBoot: BootEvents | undefined;
  /** Why the file was unusable and was set aside. */
  readonly problem: SourceError | ParseError | undefined;
}

/** Restores and persists the ledger. */
export interface LedgerKeeper {
  /**
   * Reads the state of the last run, and retries until the state file can be read and no other process holds it.
   * Undefined if the boot ID is unknown or `signal` is aborted.
   */
  restore(signal: AbortSignal): Promise<RestoredLedger | undefined>;
  /** Starts writing, after the restored ledger has been merged. */
  startWriting(current: () => Omit<Ledger, 'bootId'>): void;
  changed: LedgerWriter['changed'];
  flush(): Promise<void>;
  /** Whether the counts survive a restart; undefined until it is known. */
  isPersistent(): boolean | undefined;
  /** Why they do not. */
  error(): SourceError | undefined;
}

/** Creates the keeper of this boot's ledger. `settled` is called once it is known whether the ledger can be written. */
export function createLedgerKeeper(host: LedgerHost, settled: () => void): LedgerKeeper {
  let bootId: string | undefined;
  let writer: LedgerWriter | undefined;
  let hasBootId = true;
  let error: SourceError | undefined;

  const fail = (caught: unknown): void => {
    error = sourceErrorFrom(caught);
    settled();
  };

  return {
    restore: async (signal) => {
      try {
        bootId = (await host.readFile('/proc/sys/kernel/random/boot_id')).trim();
      } catch (caught) {
        // Counts of this boot cannot be distinguished from those of another. Without procfs, collectors report it.
        if (sourceErrorFrom(caught).reason === 'absent') {
          hasBootId = false;
          settled();
        } else {
          fail(caught);
        }
        return undefined;
      }
      while (!signal.aborted) {
        try {
          await host.state.claim();
          const restored = await restoreLedger(host.state, bootId);
          error = undefined;
          return restored;
        } catch (caught) {
          fail(caught);
        }
        await sleep(retryMilliseconds, signal);
      }
      return undefined;
    },
    startWriting: (current) => {
      const ownBootId = bootId;
      if (ownBootId !== undefined) {
        writer = createLedgerWriter(host.state, () => ({ bootId: ownBootId, ...current() }));
        void writer.flush().then(settled);
      }
    },
    changed: (what) => writer?.changed(what),
    flush: async () => writer?.flush(),
    isPersistent: () => (error === undefined && hasBootId ? writer?.isPersistent() : false),
    error: () => error ?? writer?.error(),
  };
}

/**
 * Reads the state of the last run. Counts of another boot become those of the previous boot; a file that is damaged, of a
 * newer version or no ledger is set aside, and the log is counted from its beginning.
 *
 * @throws {SourceError} `timeout` when the disk does not answer; the file may be valid.
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
    const isUnusable =
      error instanceof ParseError || (error instanceof SourceError && error.reason !== 'timeout');
    if (!isUnusable) {
      throw error;
    }
    // If it cannot be moved either, the next write fails and reports it.
    await state.setAside().catch(() => {});
    return { ledger: undefined, previousBoot: undefined, problem: error };
  }
}
