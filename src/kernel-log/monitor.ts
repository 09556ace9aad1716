import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';

import type { KernelLogSourceChoice } from '../config/config.ts';
import type { Host } from '../host/host.ts';
import type { ParseError } from '../model/errors.ts';
import { SourceError } from '../model/errors.ts';
import type { KernelLogSource, KernelRecord } from '../model/kernel-record.ts';
import type { BootEvents, KernelEventCount, LogPosition } from '../model/ledger.ts';
import { createRecordCounter } from './counter.ts';
import { createLedgerWriter, restoreLedger } from './ledger.ts';
import type { LedgerWriter } from './ledger.ts';
import { readPreviousBootEvents } from './previous-boot.ts';
import type { KernelLogState, SourceState } from './state.ts';

/** How long a kernel log that fails is left alone: twice as long each time, up to the second, until it holds. */
const defaultRetryMilliseconds = 1000;
const longestRetryMilliseconds = 60_000;

const suppressedPattern = /(?:^|: )(?:net_ratelimit|__ratelimit): (\d{1,10}) callbacks suppressed/;

/** Which sources are tried, in this order, until one can be followed. */
const sourcesOf: Readonly<Record<KernelLogSourceChoice, readonly KernelLogSource[]>> = {
  auto: ['kmsg', 'journal'],
  kmsg: ['kmsg'],
  journal: ['journal'],
  none: [],
};

export interface KernelLogMonitorOptions {
  readonly host: Host;
  readonly source: KernelLogSourceChoice;
  /** Told once of a state file that could not be used. */
  readonly onStateProblem?: (problem: SourceError | ParseError) => void;
  readonly retryMilliseconds?: number;
}

export interface KernelLogMonitor {
  /** Follows the log until `signal` is aborted, then writes down how far it came. */
  run(signal: AbortSignal): Promise<void>;
  /**
   * Resolves when what the log held at first has been counted, or the log cannot be read. Counts before that would
   * later rise by events that are long past.
   */
  readonly caughtUp: Promise<void>;
  state(): KernelLogState;
}

/**
 * Counts the events of the kernel log, each once: however often the log is opened again, the agent is restarted, or the
 * other source takes over.
 */
export function createKernelLogMonitor({
  host,
  source: choice,
  onStateProblem = () => {},
  retryMilliseconds = defaultRetryMilliseconds,
}: KernelLogMonitorOptions): KernelLogMonitor {
  const counter = createRecordCounter(host);
  const sources = new Map<KernelLogSource, SourceState>();
  const replay = createReplay();
  let previousBoot: BootEvents | undefined;
  let writer: LedgerWriter | undefined;

  const update = (source: KernelLogSource, change: Partial<SourceState>): void => {
    const before = sources.get(source) ?? { ...unread, source };
    sources.set(source, { ...before, ...change });
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
    previousBoot = await readPreviousBootEvents(host, previousBoot, signal);
    writer?.changed('position');
  };

  const take = async (source: KernelLogSource, record: KernelRecord): Promise<void> => {
    const taken = await counter.take(record);
    if (taken !== undefined) {
      const { records, lost, suppressed } = sources.get(source) ?? unread;
      update(source, {
        records: records + 1,
        lost: lost + taken.lost,
        suppressed: suppressed + suppressedCallbacks(record),
      });
      writer?.changed(taken.isEvent ? 'event' : 'position');
    }
  };

  /** Follows one source until it fails, or is to be read anew from its beginning. */
  const follow = async (source: KernelLogSource, signal: AbortSignal): Promise<void> => {
    const options = { signal, afterCursor: counter.position().cursor };
    let highest: number | undefined;
    for await (const batch of host.kernelLog(source, options)) {
      update(source, { isUp: true, error: undefined });
      for (const record of batch.records) {
        highest = record.sequence ?? highest;
        await take(source, record);
      }
      if (batch.caughtUp && isAhead(counter.position(), highest)) {
        // A machine set back to an earlier moment of the same boot: what was counted has not happened yet.
        onStateProblem(new SourceError('failed', 'the state file is ahead of the kernel log'));
        counter.restart(undefined);
        return;
      }
      if (batch.caughtUp) {
        replay.end();
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
    replay.end();
  };

  return {
    caughtUp: replay.ended,
    run: async (signal) => {
      await restore();
      const readingPreviousBoot = learnPreviousBoot(signal);
      for (let wait = retryMilliseconds; !signal.aborted;) {
        const startedAt = performance.now();
        await followAny(signal);
        await setTimeout(wait, undefined, { signal }).catch(() => {});
        const wasSteady = performance.now() - startedAt > longestRetryMilliseconds;
        wait = wasSteady ? retryMilliseconds : Math.min(wait * 2, longestRetryMilliseconds);
      }
      replay.end();
      await readingPreviousBoot;
      await writer?.flush();
    },
    state: () => ({
      sources: [...sources.values()],
      events: counter.events(),
      previousBootEvents: previousBoot?.events ?? noEvents,
      lastHangs: counter.lastHangs,
      recentEvents: counter.recentEvents(),
      isCaughtUp: replay.hasEnded(),
      isPersistent: writer?.isPersistent() ?? false,
      stateError: writer?.error(),
    }),
  };
}

/** The first reading of what the log holds. */
interface Replay {
  readonly ended: Promise<void>;
  readonly hasEnded: () => boolean;
  readonly end: () => void;
}

function createReplay(): Replay {
  let hasEnded = false;
  let resolveEnded: (() => void) | undefined;
  const ended = new Promise<void>((resolve) => {
    resolveEnded = resolve;
  });
  return {
    ended,
    hasEnded: () => hasEnded,
    end: () => {
      hasEnded = true;
      resolveEnded?.();
    },
  };
}

const noEvents: readonly KernelEventCount[] = [];
const unread = { isUp: false, error: undefined, records: 0, lost: 0, suppressed: 0 };

/** Undefined where procfs does not say: then nothing can be told apart from another boot. */
async function readBootId(host: Host): Promise<string | undefined> {
  try {
    return (await host.readFile('/proc/sys/kernel/random/boot_id')).trim();
  } catch {
    return undefined;
  }
}

function isAhead({ sequence }: LogPosition, highest: number | undefined): boolean {
  return sequence !== undefined && highest !== undefined && sequence > highest;
}

function suppressedCallbacks({ facility, text }: KernelRecord): number {
  return facility === 0 ? Number(suppressedPattern.exec(text)?.[1] ?? 0) : 0;
}

function sourceError(error: unknown): SourceError {
  return error instanceof SourceError
    ? error
    : new SourceError('failed', `cannot follow the kernel log: ${String(error)}`, { cause: error });
}
