import type { KernelLogSourceChoice } from '../config/config.ts';
import type { Host } from '../host/host.ts';
import { createDeferred } from '../model/deferred.ts';
import type { ParseError } from '../model/errors.ts';
import { SourceError } from '../model/errors.ts';
import type { KernelLogSource, KernelRecord } from '../model/kernel-record.ts';
import type { BootEvents, KernelEventCount, Ledger, LogPosition } from '../model/ledger.ts';
import { sleep } from '../model/sleep.ts';
import { withinTime } from '../model/within-time.ts';
import { createRecordCounter } from './count.ts';
import type { KernelLogState, SourceState } from './kernel-log-state.ts';
import { createLedgerKeeper } from './ledger-keeper.ts';
import type { LedgerHost, RestoredLedger } from './ledger-keeper.ts';
import { readPreviousBootEvents } from './previous-boot.ts';
import type { PreviousBootHost } from './previous-boot.ts';

/** Exponential backoff while a kernel log fails, from the first to the second. */
const defaultRetryMilliseconds = 1000;
const maxRetryMilliseconds = 60_000;
/** How long reading the log waits for the ledger; a ledger restored later is merged then. */
const defaultRestoreWaitMilliseconds = 2000;
/** Timeout of the last write at shutdown. */
const lastWriteMilliseconds = 500;

/** The sources in the order in which they are tried. */
const sourcesOf: Readonly<Record<KernelLogSourceChoice, readonly KernelLogSource[]>> = {
  auto: ['kmsg', 'journal'],
  kmsg: ['kmsg'],
  journal: ['journal'],
  none: [],
};

/** The host as the follower needs it. */
type KernelLogHost = PreviousBootHost & LedgerHost & Pick<Host, 'kernelLog'>;

export interface KernelLogFollowerOptions {
  readonly host: KernelLogHost;
  readonly source: KernelLogSourceChoice;
  /** Called with the error of an unusable state file. */
  readonly onStateProblem?: (problem: SourceError | ParseError) => void;
  readonly retryMilliseconds?: number;
  readonly restoreWaitMilliseconds?: number;
}

export interface KernelLogFollower {
  /**
   * Follows the log until `signal` is aborted, then writes its position to the state file. Calls `changed` whenever
   * `state` changes.
   */
  run(signal: AbortSignal, changed?: () => void): Promise<void>;
  /**
   * Resolves when the records already in the log have been counted, or the log cannot be read. Earlier counts would rise
   * by events long past.
   */
  readonly caughtUp: Promise<void>;
  /** Resolves when it is known whether the counts survive a restart. */
  readonly persistenceKnown: Promise<void>;
  state(): KernelLogState;
}

/**
 * Counts each event of the kernel log once, even if the log is reopened, the agent restarts, or the other source takes
 * over.
 */
export function createKernelLogFollower({
  host,
  source: choice,
  onStateProblem = () => {},
  retryMilliseconds = defaultRetryMilliseconds,
  restoreWaitMilliseconds = defaultRestoreWaitMilliseconds,
}: KernelLogFollowerOptions): KernelLogFollower {
  const counter = createRecordCounter(host);
  const sources = new Map<KernelLogSource, SourceState>(
    sourcesOf[choice].map((source) => [source, { source, ...unread }]),
  );
  const caughtUp = createDeferred();
  const persistenceKnown = createDeferred();
  let onChange: (() => void) | undefined;
  let isCaughtUp = false;
  let previousBoot: BootEvents | undefined;
  /** The counts before the log is read again; exported meanwhile so that counters do not fall. */
  let heldEvents: readonly KernelEventCount[] | undefined;
  const keeper = createLedgerKeeper(host, () => {
    persistenceKnown.resolve();
    onChange?.();
  });

  const update = (source: KernelLogSource, change: Partial<SourceState>): void => {
    sources.set(source, { ...unread, ...sources.get(source), ...change, source });
    onChange?.();
  };

  const endReplay = (): void => {
    heldEvents = undefined;
    if (!isCaughtUp) {
      isCaughtUp = true;
      caughtUp.resolve();
      onChange?.();
    }
  };

  const recount = (ledger: Ledger | undefined): void => {
    heldEvents = counter.events();
    counter.restart(ledger);
  };

  /** Continues from the ledger of the last run; without one, the counts stay. */
  const adopt = ({ ledger, problem, ...restored }: RestoredLedger): void => {
    if (problem !== undefined) {
      onStateProblem(problem);
    }
    if (ledger !== undefined) {
      recount(ledger);
    }
    previousBoot = restored.previousBoot ?? previousBoot;
    keeper.startWriting(() => ({
      position: counter.position(),
      events: counter.events(),
      previousBoot,
    }));
  };

  const readPreviousBoot = async (signal: AbortSignal): Promise<void> => {
    const known = previousBoot;
    previousBoot = await readPreviousBootEvents(host, known, signal);
    if (previousBoot !== known) {
      keeper.changed('position');
      onChange?.();
    }
  };

  const count = async (source: KernelLogSource, read: readonly KernelRecord[]): Promise<void> => {
    const counted = await counter.count(read);
    if (counted.records > 0) {
      const { records, lost, suppressed } = sources.get(source) ?? unread;
      keeper.changed(counted.events > 0 ? 'event' : 'position');
      update(source, {
        records: records + counted.records,
        lost: lost + counted.lost,
        suppressed: suppressed + counted.suppressed,
      });
    }
  };

  /** Follows one source until it fails or must be read again from its beginning. */
  const follow = async (source: KernelLogSource, signal: AbortSignal): Promise<void> => {
    const options = { signal, afterCursor: counter.position().cursor };
    let highest: number | undefined;
    for await (const batch of host.kernelLog(source, options)) {
      if (sources.get(source)?.isUp !== true) {
        update(source, { isUp: true, error: undefined });
      }
      highest = batch.records.at(-1)?.sequence ?? highest;
      await count(source, batch.records);
      if (batch.caughtUp && isAhead(counter.position(), highest)) {
        // A virtual machine restored from a snapshot of the same boot: the counted events have not happened yet.
        onStateProblem(new SourceError('failed', 'the state file is ahead of the kernel log'));
        recount(undefined);
        return;
      }
      if (batch.caughtUp) {
        endReplay();
      }
    }
  };

  /** Follows the first source that can be read, until it fails or must be read again. */
  const followAny = async (signal: AbortSignal): Promise<void> => {
    for (const source of sourcesOf[choice]) {
      try {
        await follow(source, signal);
        return;
      } catch (error) {
        const wasUp = sources.get(source)?.isUp === true;
        update(source, { isUp: false, error: sourceError(error) });
        if (wasUp) {
          break;
        }
        if (source === 'journal') {
          counter.dropCursor();
        }
      }
    }
    endReplay();
  };

  return {
    caughtUp: caughtUp.promise,
    persistenceKnown: persistenceKnown.promise,
    run: async (signal, changed) => {
      onChange = changed;
      let restored: RestoredLedger | undefined;
      let reopening = new AbortController();
      const restoring = keeper.restore(signal).then((found) => {
        restored = found;
        reopening.abort();
      });
      await withinTime(restoreWaitMilliseconds, restoring);
      let readingPreviousBoot = restored === undefined ? readPreviousBoot(signal) : undefined;
      for (let wait = retryMilliseconds; !signal.aborted;) {
        reopening = new AbortController();
        if (restored !== undefined) {
          adopt(restored);
          restored = undefined;
          readingPreviousBoot = readPreviousBoot(signal);
        }
        const following = AbortSignal.any([signal, reopening.signal]);
        const startedAt = performance.now();
        await followAny(following);
        if (performance.now() - startedAt > maxRetryMilliseconds) {
          wait = retryMilliseconds;
        }
        await sleep(wait, following);
        wait = Math.min(wait * 2, maxRetryMilliseconds);
      }
      endReplay();
      await readingPreviousBoot;
      await withinTime(lastWriteMilliseconds, keeper.flush());
    },
    state: () => ({
      sources: [...sources.values()],
      events: heldEvents ?? counter.events(),
      previousBootEvents: previousBoot?.events ?? noEvents,
      lastHangs: counter.lastHangs,
      recentEvents: counter.recentEvents(),
      isCaughtUp,
      isPersistent: keeper.isPersistent(),
      stateError: keeper.error(),
    }),
  };
}

const noEvents: readonly KernelEventCount[] = [];
const unread = { isUp: false, error: undefined, records: 0, lost: 0, suppressed: 0 };

function isAhead({ sequence }: LogPosition, highest: number | undefined): boolean {
  return sequence !== undefined && highest !== undefined && sequence > highest;
}

function sourceError(error: unknown): SourceError {
  return error instanceof SourceError
    ? error
    : new SourceError('failed', `cannot follow the kernel log: ${String(error)}`, { cause: error });
}
