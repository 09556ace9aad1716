import process from 'node:process';

import type { Logger } from 'pino';

import type {
  Collector,
  CollectorContext,
  CollectorDefinition,
  ReadOutcome,
} from '../collectors/collector.ts';
import type { Config } from '../config/config.ts';
import type { Host } from '../host/host.ts';
import type { MetricFamily } from '../metrics/metric.ts';
import { reuseUnchanged } from '../metrics/reuse-unchanged.ts';
import type { Build } from '../model/build.ts';
import { agentFamilies } from './agent-families.ts';
import type { CollectorState } from './collector-state.ts';
import { createGuardedHost } from './guarded-host.ts';
import { processFamilies } from './process-families.ts';
import type { Snapshot } from './snapshot.ts';
import { createStateLog } from './state-log.ts';
import { createTimer } from './timer.ts';

/** A snapshot older than this is renewed before it is served. */
const freshMilliseconds = 1000;
/** The same where a collector has told of a change since. */
const changedFreshMilliseconds = 50;
/** How long a scrape waits for that; then it gets the latest there is. */
const scrapeWaitMilliseconds = 500;
/** How late a poll may be. Every read of it has a deadline that is far shorter. */
const overdueMilliseconds = 30_000;

export interface AgentOptions {
  readonly host: Host;
  readonly config: Config;
  readonly definitions: readonly CollectorDefinition[];
  readonly log: Logger;
  readonly build: Build;
}

export interface Agent {
  /** Polls on the interval and follows what must be followed, until `signal` is aborted. */
  run(signal: AbortSignal): Promise<void>;
  /** Polls once; a call while a poll is going on joins it. */
  poll(): Promise<void>;
  /** The latest values: scrape-fresh where the machine answers in time. */
  freshSnapshot(): Promise<Snapshot>;
  /** Whether every collector has run once. */
  isReady(): boolean;
  /** Whether polls end when they should. */
  isPolling(): boolean;
}

/** Polls the enabled collectors, isolates their failures and keeps the latest of each. */
export function createAgent({ host, config, definitions, log, build }: AgentOptions): Agent {
  const guarded = createGuardedHost(host);
  const states = new Map<string, CollectorState>();
  const logChanges = createStateLog(log);
  const enabled = definitions.filter(({ name }) => config.collectors.has(name));
  const runners = enabled.map((definition) =>
    createRunner(definition, { host: guarded.host, config, log }),
  );
  // Once: worked out anew each time, it would follow every correction of the clock.
  const startedAtSeconds = Math.round(host.now().getTime() / 1000 - process.uptime());
  let polling: Promise<void> | undefined;
  let polledAt = Number.NEGATIVE_INFINITY;
  let hasChanged = false;
  let snapshot: Snapshot | undefined;
  let ownFamilies: readonly MetricFamily[] = [];

  const takeSnapshot = (): Snapshot => {
    const latest = enabled.flatMap(({ name }) => states.get(name) ?? []);
    ownFamilies = reuseUnchanged(ownFamilies, [
      ...agentFamilies(build, host.ethtool.kind, latest),
      ...(config.exporterMetrics ? processFamilies(startedAtSeconds) : []),
    ]);
    return {
      collected: new Map(latest.map(({ name, families }) => [name, families])),
      agent: ownFamilies,
      recentEvents: runners.flatMap(({ recentEvents }) => recentEvents?.() ?? []),
    };
  };

  const pollAll = async (): Promise<void> => {
    const startedAt = performance.now();
    hasChanged = false;
    guarded.startPoll();
    await Promise.all(
      runners.map(async ({ name, collectOnce }) => {
        states.set(name, await collectOnce(states.get(name)));
        snapshot = undefined;
      }),
    );
    polledAt = startedAt;
    logChanges([...states.values()]);
  };

  const poll = async (): Promise<void> => {
    polling ??= pollAll().finally(() => {
      polling = undefined;
    });
    return polling;
  };

  const markChanged = (): void => {
    hasChanged = true;
  };

  const intervalMilliseconds = config.pollIntervalSeconds * 1000;

  return {
    poll,
    isReady: () => states.size === enabled.length,
    isPolling: () => performance.now() - polledAt < intervalMilliseconds + overdueMilliseconds,
    freshSnapshot: async () => {
      const maxAge = hasChanged ? changedFreshMilliseconds : freshMilliseconds;
      if (performance.now() - polledAt > maxAge) {
        const patience = createTimer(scrapeWaitMilliseconds);
        await Promise.race([poll(), patience.over]).finally(patience.cancel);
      }
      snapshot ??= takeSnapshot();
      return snapshot;
    },
    run: async (signal) => {
      // A scrape polls too: the interval counts from the last poll, whoever asked for it.
      let timer: NodeJS.Timeout | undefined;
      const pollWhenDue = (): void => {
        const due = polledAt + intervalMilliseconds - performance.now();
        if (due <= 0) {
          void poll();
        }
        timer = setTimeout(pollWhenDue, due <= 0 ? intervalMilliseconds : due);
      };
      timer = setTimeout(pollWhenDue, intervalMilliseconds);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
      });
      await Promise.all([poll(), ...runners.map(async ({ run }) => run?.(signal, markChanged))]);
    },
  };
}

interface Runner {
  readonly name: string;
  readonly run: Collector['run'];
  readonly recentEvents: Collector['recentEvents'];
  readonly collectOnce: (before: CollectorState | undefined) => Promise<CollectorState>;
}

function createRunner(
  { name, create }: CollectorDefinition,
  context: Omit<CollectorContext, 'report'>,
): Runner {
  let outcomes: ReadOutcome[] = [];
  const collector = create({ ...context, report: (outcome) => outcomes.push(outcome) });
  return {
    name,
    run: collector.run,
    recentEvents: collector.recentEvents,
    collectOnce: async (before) => {
      outcomes = [];
      const startedAt = performance.now();
      const result = await collector.collect().then(
        (families) => ({ families, error: undefined }),
        (error: unknown) => ({ families: [], error: error ?? new Error('unknown error') }),
      );
      return {
        name,
        families: reuseUnchanged(before?.families ?? [], result.families),
        error: result.error,
        outcomes,
        durationSeconds: (performance.now() - startedAt) / 1000,
        lastSuccessTimestampSeconds:
          result.error === undefined
            ? context.host.now().getTime() / 1000
            : before?.lastSuccessTimestampSeconds,
      };
    },
  };
}
