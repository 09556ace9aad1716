import { setTimeout } from 'node:timers/promises';

import type { Host, StateFile } from '../host/host.ts';
import { ParseError, SourceError } from '../model/errors.ts';
import type { BootEvents, Ledger } from '../model/ledger.ts';
import { parseLedger } from '../parsers/ledger.ts';
import { createLedgerWriter, retryMilliseconds, sourceErrorFrom } from './ledger.ts';
import type { LedgerWriter } from './ledger.ts';

/** What is asked of the host. */
export type LedgerHost = Pick<Host, 'readFile' | 'state'>;

/** What the last run of the agent left behind. */
export interface RestoredLedger {
  /** Of this boot; undefined where there is nothing to go on from. */
  readonly ledger: Ledger | undefined;
  /** Of the previous boot. */
  readonly previousBoot: BootEvents | undefined;
  /** What was wrong with the file, which was then set aside. */
  readonly problem: SourceError | ParseError | undefined;
}

/** Restores the ledger, then writes it. */
export interface LedgerKeeper {
  /**
   * Gives what the last run left, as soon as the state file can be read and no other process has it; tries until then.
   * Undefined where that will never be, or `signal` is aborted.
   */
  restore(signal: AbortSignal): Promise<RestoredLedger | undefined>;
  /** Begins to write, once what was restored has been counted in. */
  startWriting(current: () => Omit<Ledger, 'bootId'>): void;
  changed: LedgerWriter['changed'];
  flush(): Promise<void>;
  /** Whether what was counted survives the agent; undefined while nobody knows. */
  isPersistent(): boolean | undefined;
  /** Why it does not. */
  error(): SourceError | undefined;
}

/** Makes the keeper of the ledger of this boot. `settled` is called when it is first known whether it can be kept. */
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
        // Nothing can be told apart from another boot. Where procfs is not mounted, collectors say so.
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
        await setTimeout(retryMilliseconds, undefined, { signal, ref: false }).catch(() => {});
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
 * Reads what the last run left. What it counted in another boot becomes evidence of that boot; a file that is damaged,
 * of a newer version or no ledger at all is set aside, and the log is counted from its beginning.
 *
 * @throws {SourceError} `timeout` when the disk does not answer: that says nothing of the file.
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
    // Where it cannot even be moved, the next write says so.
    await state.setAside().catch(() => {});
    return { ledger: undefined, previousBoot: undefined, problem: error };
  }
}
