import { setTimeout } from 'node:timers/promises';

import type { KernelLogSourceChoice } from '../config/config.ts';
import type { Host } from '../host/host.ts';
import type { ParseError } from '../model/errors.ts';
import { SourceError } from '../model/errors.ts';
import type { KernelLogSource, KernelRecord } from '../model/kernel-record.ts';
import type { BootEvents, LogPosition } from '../model/ledger.ts';
import { parseHangRegisters } from '../parsers/hang-registers.ts';
import { classifyRecord } from './classify.ts';
import { createLedgerWriter, restoreLedger, startOfLog } from './ledger.ts';
import type { LedgerWriter } from './ledger.ts';
import { nameEvent, readSurroundings } from './name-event.ts';
import { advance, isBehind, lostBetween } from './position.ts';
import { readPreviousBootEvents } from './previous-boot.ts';
import type { KernelLogState, LastHang, SourceState } from './state.ts';
import { createTally } from './tally.ts';
import type { Tally } from './tally.ts';

/** How long a kernel log that cannot be read is left alone: twice as long each time, up to the second. */
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
  const sources = new Map<KernelLogSource, SourceState>();
  const lastHangs = new Map<string, LastHang>();
  let tally: Tally = createTally();
  let position: LogPosition = startOfLog;
  let previousBoot: BootEvents | undefined;
  let writer: LedgerWriter | undefined;
  let isCaughtUp = false;
  let resolveCaughtUp: (() => void) | undefined;
  const caughtUp = new Promise<void>((resolve) => {
    resolveCaughtUp = resolve;
  });
  const markCaughtUp = (): void => {
    isCaughtUp = true;
    resolveCaughtUp?.();
  };

  const update = (source: KernelLogSource, change: Partial<SourceState>): void => {
    const before = sources.get(source) ?? { ...unread, source };
    sources.set(source, { ...before, ...change });
  };

  const restore = async (): Promise<void> => {
    const bootId = await readBootId(host);
    const restored = await restoreLedger(host.state, bootId);
    if (restored.problem !== undefined) {
      onStateProblem(restored.problem);
    }
    previousBoot = restored.previousBoot;
    if (restored.ledger !== undefined) {
      tally = createTally(restored.ledger.events);
      ({ position } = restored.ledger);
    }
    if (bootId !== undefined) {
      writer = createLedgerWriter(host.state, () => ({
        bootId,
        position,
        events: tally.events(),
        previousBoot,
      }));
      await writer.flush();
    }
  };

  const take = async (source: KernelLogSource, record: KernelRecord): Promise<void> => {
    const event = classifyRecord(record);
    const surroundings = event === undefined ? undefined : await readSurroundings(host);
    const named =
      event === undefined || surroundings === undefined
        ? undefined
        : nameEvent(event, record, surroundings);
    if (named?.event === 'unit_hang' && named.timestampSeconds !== undefined) {
      // Also when it was counted by an earlier run: a hang may outlast the agent.
      lastHangs.set(named.device, {
        timestampSeconds: named.timestampSeconds,
        registers: parseHangRegisters(record.text),
      });
    }
    if (isBehind(record, position)) {
      return;
    }
    const { records, lost, suppressed } = sources.get(source) ?? unread;
    update(source, {
      records: records + 1,
      lost: lost + lostBetween(position, record),
      suppressed: suppressed + suppressedCallbacks(record),
    });
    position = advance(record);
    if (named !== undefined) {
      tally.add(named, surroundings?.devices ?? []);
    }
    writer?.changed(named === undefined ? 'position' : 'event');
  };

  const learnPreviousBoot = async (signal: AbortSignal): Promise<void> => {
    previousBoot = await readPreviousBootEvents(host, previousBoot, signal);
    writer?.changed('position');
  };

  /** Follows one source until it fails. */
  const follow = async (source: KernelLogSource, signal: AbortSignal): Promise<void> => {
    let highest: number | undefined;
    for await (const batch of host.kernelLog(source, { signal, afterCursor: position.cursor })) {
      update(source, { isUp: true, error: undefined });
      for (const record of batch.records) {
        highest = record.sequence ?? highest;
        await take(source, record);
      }
      if (batch.caughtUp) {
        if (isAhead(position, highest)) {
          // A machine set back to an earlier moment of the same boot: what was counted has not happened yet.
          onStateProblem(new SourceError('failed', 'the state file is ahead of the kernel log'));
          tally = createTally();
          position = startOfLog;
          return;
        }
        markCaughtUp();
      }
    }
  };

  /** Tries the sources in turn; says whether one could be read. */
  const followAny = async (signal: AbortSignal): Promise<boolean> => {
    for (const source of sourcesOf[choice]) {
      try {
        await follow(source, signal);
        return true;
      } catch (error) {
        const wasUp = sources.get(source)?.isUp === true;
        update(source, { isUp: false, error: sourceError(error) });
        if (wasUp) {
          return true;
        }
        if (source === 'journal') {
          // The journal may have been cut off behind the cursor; time still tells what was counted.
          position = { ...position, cursor: undefined };
        }
      }
    }
    return false;
  };

  return {
    caughtUp,
    run: async (signal) => {
      await restore();
      const readingPreviousBoot = learnPreviousBoot(signal);
      for (let wait = retryMilliseconds; !signal.aborted;) {
        wait = (await followAny(signal))
          ? retryMilliseconds
          : Math.min(wait * 2, longestRetryMilliseconds);
        markCaughtUp();
        await setTimeout(wait, undefined, { signal }).catch(() => {});
      }
      await readingPreviousBoot;
      await writer?.flush();
    },
    state: () => ({
      sources: [...sources.values()],
      events: tally.events(),
      previousBootEvents: previousBoot?.events ?? [],
      lastHangs,
      isCaughtUp,
      isPersistent: writer?.isPersistent() ?? false,
      stateError: writer?.error(),
    }),
  };
}

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
