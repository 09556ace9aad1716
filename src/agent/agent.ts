import process from 'node:process';

import type { Logger } from 'pino';

import { isAdministrativelyDown } from '../collectors/carrier.ts';
import type { CollectorDefinition, WatchedDevice } from '../collectors/collector.ts';
import type { Config } from '../config/config.ts';
import type { Host, NetworkDevice } from '../host/host.ts';
import type { MetricFamily } from '../metrics/metric.ts';
import { reuseUnchanged } from '../metrics/reuse-unchanged.ts';
import type { Build } from '../model/build.ts';
import { withinTime } from '../model/within-time.ts';
import { agentFamilies } from './agent-families.ts';
import { createGuard } from './guard.ts';
import { tickMilliseconds } from './limiter.ts';
import { createPollClock } from './poll-clock.ts';
import { createPoll } from './poll.ts';
import type { RecordedPoll } from './poll.ts';
import { processFamilies } from './process-families.ts';
import type { CollectorState, Snapshot } from './snapshot.ts';
import { createStateLog } from './state-log.ts';
import { isWatched } from './watched.ts';

/** A snapshot older than this is renewed before it is served. */
const snapshotTtlMilliseconds = 1000;
/** And one that is known to be out of date after this, which bounds what a flood of events costs. */
const outdatedTtlMilliseconds = 50;
/** How long a scrape waits for that; then it gets the latest there is. */
const scrapeWaitMilliseconds = 500;
/** And while there is none. */
const firstScrapeWaitMilliseconds = 2000;
/** How late a poll may be. The deadline of its reads is far shorter. */
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
  const clock = createPollClock(tickMilliseconds);
  const guard = createGuard(host, clock);
  const states = new Map<string, CollectorState>();
  const logChanges = createStateLog(log);
  const collectors = definitions
    .filter(({ name }) => config.collectors.has(name))
    .map(({ name, create }) => ({ name, collector: create({ host, config, log }) }));
  const needing = collectors.flatMap(({ collector }) => (collector.needs ? [collector] : []));
  // Once: worked out anew each time, it would follow every correction of the clock.
  const startedAtSeconds = Math.round(host.now().getTime() / 1000 - process.uptime());
  let listed: readonly NetworkDevice[] = [];
  let watched: readonly WatchedDevice[] = [];
  let polling: Promise<void> | undefined;
  let polledAt = Number.NEGATIVE_INFINITY;
  let lastPoll: Pick<RecordedPoll, 'nowSeconds' | 'watched' | 'failures'> = {
    nowSeconds: host.now().getTime() / 1000,
    watched: [],
    failures: new Map(),
  };
  let isOutdated = false;
  let snapshot: Snapshot | undefined;
  let ownFamilies: readonly MetricFamily[] = [];

  const takeSnapshot = (): Snapshot => {
    const latest = collectors.flatMap(({ name }) => states.get(name) ?? []);
    ownFamilies = reuseUnchanged(ownFamilies, [
      ...agentFamilies({
        build,
        ethtoolReader: host.ethtoolReader,
        states: latest,
        devices: lastPoll.watched.map((device) => ({
          name: device.name,
          reads: guard.readsOf(device),
        })),
        failures: lastPoll.failures,
      }),
      ...(config.exporterMetrics ? processFamilies(startedAtSeconds) : []),
    ]);
    return {
      timestampSeconds: lastPoll.nowSeconds,
      collected: new Map(latest.map(({ name, families }) => [name, families])),
      agent: ownFamilies,
      administrativelyDown: new Set(
        lastPoll.watched.filter(isAdministrativelyDown).map(({ name }) => name),
      ),
      recentEvents: collectors.flatMap(({ collector }) => collector.recentEvents?.() ?? []),
    };
  };

  const listDevices = (): readonly WatchedDevice[] => {
    const devices = host.devices();
    if (devices !== listed) {
      listed = devices;
      watched = devices.filter((device) => isWatched(device, config)).map(guard.watch);
    }
    return watched;
  };

  const pollAll = async (): Promise<void> => {
    const startedAt = performance.now();
    isOutdated = false;
    clock.start();
    const current = createPoll({
      listDevices,
      nowSeconds: host.now().getTime() / 1000,
      readFile: guard.readFile,
    });
    await guard.readDevices(current.watched, needing);
    lastPoll = current;
    await Promise.all(
      collectors.map(async ({ name, collector }) => {
        const previous = states.get(name);
        const collectedAt = performance.now();
        const { families, error } = await outcomeOf(async () => collector.collect(current));
        states.set(name, {
          name,
          families: reuseUnchanged(previous?.families ?? [], families),
          error,
          durationSeconds: (performance.now() - collectedAt) / 1000,
          lastSuccessTimestampSeconds:
            error === undefined
              ? host.now().getTime() / 1000
              : previous?.lastSuccessTimestampSeconds,
        });
        snapshot = undefined;
      }),
    );
    clock.stop();
    polledAt = startedAt;
    logChanges({
      states: [...states.values()],
      devices: current.watched.map(({ name }) => name),
      failures: current.failures,
    });
  };

  const poll = async (): Promise<void> => {
    polling ??= pollAll().finally(() => {
      polling = undefined;
    });
    return polling;
  };

  const isReady = (): boolean => states.size === collectors.length;

  const markOutdated = (): void => {
    isOutdated = true;
  };

  const intervalMilliseconds = config.pollIntervalSeconds * 1000;

  return {
    poll,
    isReady,
    isPolling: () => performance.now() - polledAt < intervalMilliseconds + overdueMilliseconds,
    freshSnapshot: async () => {
      const ttl = isOutdated ? outdatedTtlMilliseconds : snapshotTtlMilliseconds;
      if (performance.now() - polledAt > ttl) {
        await withinTime(isReady() ? scrapeWaitMilliseconds : firstScrapeWaitMilliseconds, poll());
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
      await Promise.all([
        poll(),
        ...collectors.map(async ({ collector }) => collector.run?.(signal, markOutdated)),
      ]);
    },
  };
}

interface Collected {
  readonly families: readonly MetricFamily[];
  readonly error: unknown;
}

async function outcomeOf(collect: () => Promise<readonly MetricFamily[]>): Promise<Collected> {
  try {
    return { families: await collect(), error: undefined };
  } catch (error) {
    return { families: [], error: error ?? new Error('unknown error') };
  }
}
