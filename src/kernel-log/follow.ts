import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';

import type { KernelLogSourceChoice } from '../config/config.ts';
import type { Host } from '../host/host.ts';
import { createDeferred } from '../model/deferred.ts';
import type { ParseError } from '../model/errors.ts';
import { SourceError } from '../model/errors.ts';
import type { LoggedEvent } from '../model/kernel-event.ts';
import type { KernelLogSource, KernelRecord } from '../model/kernel-record.ts';
import type { BootEvents, KernelEventCount, LogPosition } from '../model/ledger.ts';
import { createRecordCounter } from './count.ts';
import type { LastHang } from './count.ts';
import { createLedgerWriter, restoreLedger } from './ledger.ts';
import type { LedgerWriter } from './ledger.ts';
import { readPreviousBootEvents } from './previous-boot.ts';
import type { PreviousBootHost } from './previous-boot.ts';

/** How long a kernel log that fails is left alone: twice as long each time, up to the second, until it holds. */
const defaultRetryMilliseconds = 1000;
const maxRetryMilliseconds = 60_000;

/** Which sources are tried, in this order, until one can be followed. */
const sourcesOf: Readonly<Record<KernelLogSourceChoice, readonly KernelLogSource[]>> = {
  auto: ['kmsg', 'journal'],
  kmsg: ['kmsg'],
  journal: ['journal'],
  none: [],
};

/** What is asked of the host. */
type KernelLogHost = PreviousBootHost & Pick<Host, 'kernelLog' | 'state'>;

export interface KernelLogFollowerOptions {
  readonly host: KernelLogHost;
  readonly source: KernelLogSourceChoice;
  /** Called with what is wrong with a state file that cannot be used. */
  readonly onStateProblem?: (problem: SourceError | ParseError) => void;
  readonly retryMilliseconds?: number;
}

export interface KernelLogFollower {
  /**
   * Follows the log until `signal` is aborted, then writes down how far it came. Calls `changed` whenever `state` has
   * something new to tell.
   */
  run(signal: AbortSignal, changed?: () => void): Promise<void>;
  /**
   * Resolves when what the log held at first has been counted, or the log cannot be read. Counts before that would
   * later rise by events that are long past.
   */
  readonly caughtUp: Promise<void>;
  state(): KernelLogState;
}

/** The status of one source of kernel records. */
export interface SourceState {
  readonly source: KernelLogSource;
  readonly isUp: boolean;
  /** Why it cannot be read, while it cannot. */
  readonly error: SourceError | undefined;
  readonly records: number;
  /** Overwritten before they were read. */
  readonly lost: number;
  /** Left out by the kernel's own rate limit. */
  readonly suppressed: number;
}

/** What is known from the kernel log so far. */
export interface KernelLogState {
  /** The sources tried so far. */
  readonly sources: readonly SourceState[];
  readonly events: readonly KernelEventCount[];
  readonly previousBootEvents: readonly KernelEventCount[];
  readonly lastHangs: ReadonlyMap<string, LastHang>;
  /** The last of each device, the newest first. */
  readonly recentEvents: readonly LoggedEvent[];
  /** Whether what the log held at first has been counted, or the log cannot be read. */
  readonly isCaughtUp: boolean;
  /** Whether what was counted survives the agent. */
  readonly isPersistent: boolean;
  readonly stateError: SourceError | undefined;
}

/**
 * Counts the events of the kernel log, each once: however often the log is opened again, the agent is restarted, or the
 * other source takes over.
 */
export function createKernelLogFollower({
  host,
  source: choice,
  onStateProblem = () => {},
  retryMilliseconds = defaultRetryMilliseconds,
}: KernelLogFollowerOptions): KernelLogFollower {
  const counter = createRecordCounter(host);
  const sources = new Map<KernelLogSource, SourceState>();
  const caughtUp = createDeferred();
  let onChange: (() => void) | undefined;
  let isCaughtUp = false;
  let previousBoot: BootEvents | undefined;
  let writer: LedgerWriter | undefined;

  const update = (source: KernelLogSource, change: Partial<SourceState>): void => {
    sources.set(source, { ...unread, ...sources.get(source), ...change, source });
    onChange?.();
  };

  const endReplay = (): void => {
    if (!isCaughtUp) {
      isCaughtUp = true;
      caughtUp.resolve();
      onChange?.();
    }
  };

  const restore = async (): Promise<void> => {
    const bootId = await readBootId(host);
    if (bootId === undefined) {
      return;
    }
    const restored = await restoreLedger(host.state, bootId);
    if (restored.problem !== undefined) {
      onStateProblem(restored.problem);
    }
    previousBoot = restored.previousBoot;
    counter.restart(restored.ledger);
    writer = createLedgerWriter(host.state, () => ({
      bootId,
      position: counter.position(),
      events: counter.events(),
      previousBoot,
    }));
    await writer.flush();
  };

  const learnPreviousBoot = async (signal: AbortSignal): Promise<void> => {
    const known = previousBoot;
    previousBoot = await readPreviousBootEvents(host, known, signal);
    if (previousBoot !== known) {
      writer?.changed('position');
      onChange?.();
    }
  };

  const count = async (source: KernelLogSource, read: readonly KernelRecord[]): Promise<void> => {
    const counted = await counter.count(read);
    if (counted.records > 0) {
      const { records, lost, suppressed } = sources.get(source) ?? unread;
      writer?.changed(counted.events > 0 ? 'event' : 'position');
      update(source, {
        records: records + counted.records,
        lost: lost + counted.lost,
        suppressed: suppressed + counted.suppressed,
      });
    }
  };

  /** Follows one source until it fails, or is to be read anew from its beginning. */
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
        // A machine set back to an earlier moment of the same boot: what was counted has not happened yet.
        onStateProblem(new SourceError('failed', 'the state file is ahead of the kernel log'));
        counter.restart(undefined);
        return;
      }
      if (batch.caughtUp) {
        endReplay();
      }
    }
  };

  /** Follows the first source that can be read, until it fails or is to be read anew. */
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
          counter.forgetCursor();
        }
      }
    }
    endReplay();
  };

  return {
    caughtUp: caughtUp.promise,
    run: async (signal, changed) => {
      onChange = changed;
      await restore();
      const readingPreviousBoot = learnPreviousBoot(signal);
      for (let wait = retryMilliseconds; !signal.aborted;) {
        const startedAt = performance.now();
        await followAny(signal);
        await setTimeout(wait, undefined, { signal }).catch(() => {});
        const wasSteady = performance.now() - startedAt > maxRetryMilliseconds;
        wait = wasSteady ? retryMilliseconds : Math.min(wait * 2, maxRetryMilliseconds);
      }
      endReplay();
      await readingPreviousBoot;
      await writer?.flush();
    },
    state: () => ({
      sources: [...sources.values()],
      events: counter.events(),
      previousBootEvents: previousBoot?.events ?? noEvents,
      lastHangs: counter.lastHangs,
      recentEvents: counter.recentEvents(),
      isCaughtUp,
      isPersistent: writer?.isPersistent() ?? false,
      stateError: writer?.error(),
    }),
  };
}

const noEvents: readonly KernelEventCount[] = [];
const unread = { isUp: false, error: undefined, records: 0, lost: 0, suppressed: 0 };

/** Undefined where procfs does not say: then nothing can be told apart from another boot. */
async function readBootId(host: KernelLogHost): Promise<string | undefined> {
  try {
    return (await host.readFile('/proc/sys/kernel/random/boot_id')).trim();
  } catch {
    return undefined;
  }
}

function isAhead({ sequence }: LogPosition, highest: number | undefined): boolean {
  return sequence !== undefined && highest !== undefined && sequence > highest;
}

function sourceError(error: unknown): SourceError {
  return error instanceof SourceError
    ? error
    : new SourceError('failed', `cannot follow the kernel log: ${String(error)}`, { cause: error });
}
