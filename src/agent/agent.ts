import process from 'node:process';

import type { Logger } from 'pino';

import { isAdministrativelyDown } from '../collectors/carrier.ts';
import type { CollectorDefinition, WatchedDevice } from '../collectors/collector.ts';
import type { Config } from '../config/config.ts';
import type { Host, NetworkDevice } from '../host/host.ts';
import type { MetricFamily } from '../metrics/metric.ts';
import { reuseUnchanged } from '../metrics/reuse-unchanged.ts';
import { withinTime } from '../model/within-time.ts';
import { agentFamilies } from './agent-families.ts';
import type { Build } from './agent-families.ts';
import { createGuard } from './guard.ts';
import { tickMilliseconds } from './limiter.ts';
import { createPollClock } from './poll-clock.ts';
import { createPoll } from './poll.ts';
import type { RecordedPoll } from './poll.ts';
import { processFamilies } from './process-families.ts';
import { createReadFamilies } from './read-families.ts';
import type { CollectorState, Snapshot } from './snapshot.ts';
import { createStateLog } from './state-log.ts';
import { isWatched, listHostDevices, nothingWatched } from './watched.ts';

/** A scrape polls again when the snapshot is older than this. */
const snapshotTtlMilliseconds = 1000;
/** The same for a snapshot known to be outdated; bounds the cost of a flood of events. */
const outdatedTtlMilliseconds = 50;
/** How long a scrape waits for a poll before it is served the latest snapshot. */
const scrapeWaitMilliseconds = 500;
/** The same before the first poll has finished. */
const firstScrapeWaitMilliseconds = 2000;
/** Polling counts as stuck when a poll is this late. The deadline of its reads is far shorter. */
const overdueMilliseconds = 30_000;

export interface AgentOptions {
  readonly host: Host;
  readonly config: Config;
  readonly definitions: readonly CollectorDefinition[];
  readonly log: Logger;
  readonly build: Build;
  /** More families to serve; returns the same array while nothing changes. */
  readonly extraFamilies?: (() => readonly MetricFamily[]) | undefined;
}

export interface Agent {
  /** Polls on the interval and runs the background work of collectors until `signal` is aborted. */
  run(signal: AbortSignal): Promise<void>;
  /** Polls once; a call while a poll is in progress joins it. */
  poll(): Promise<void>;
  /** The latest snapshot, after a new poll if it is older than its TTL. */
  freshSnapshot(): Promise<Snapshot>;
  /** Whether every collector has run once. */
  isReady(): boolean;
  /** Whether polls finish on schedule. */
  isPolling(): boolean;
}

/** Polls the enabled collectors, isolates their failures and caches the latest families of each. */
export function createAgent(options: AgentOptions): Agent {
  const { host, config, definitions, log, build, extraFamilies } = options;
  const clock = createPollClock(tickMilliseconds);
  const guard = createGuard(host, clock);
  const logChanges = createStateLog(log);
  const readFamilies = createReadFamilies(guard.readsOf);
  const collectors = definitions
    .filter(({ name }) => config.collectors.has(name))
    .map(({ name, create }) => ({ name, collector: create({ host, config, log }) }));
  const needing = collectors.flatMap(({ collector }) => (collector.needs ? [collector] : []));
  // Computed once, so that adjustments of the clock do not change it.
  const startedAtSeconds = Math.round(host.now().getTime() / 1000 - process.uptime());
  let listed: readonly NetworkDevice[] = [];
  let watched: readonly WatchedDevice[] = [];
  let polling: Promise<void> | undefined;
  let polledAt = Number.NEGATIVE_INFINITY;
  /** The last finished poll; until there is one, the partial result of the first. */
  let latest: PollResult = {
    nowSeconds: host.now().getTime() / 1000,
    states: new Map(),
    reads: [],
    administrativelyDown: new Set(),
  };
  let isOutdated = false;
  let snapshot: Snapshot | undefined;
  let ownFamilies: readonly MetricFamily[] = [];
  let extra: readonly MetricFamily[] | undefined;

  const takeSnapshot = (): Snapshot => {
    const current = latest;
    const { nowSeconds, reads } = current;
    const states = collectors.flatMap(({ name }) => current.states.get(name) ?? []);
    ownFamilies = reuseUnchanged(ownFamilies, [
      ...agentFamilies({ build, ethtoolReader: host.ethtoolReader, states, reads }),
      ...(config.exporterMetrics ? processFamilies(startedAtSeconds) : []),
    ]);
    return {
      timestampSeconds: nowSeconds,
      collected: new Map(states.map(({ name, families }) => [name, families])),
      agent: [...ownFamilies, ...(extra ?? [])],
      get administrativelyDown() {
        return current.administrativelyDown;
      },
      recentEvents: collectors.flatMap(({ collector }) => collector.recentEvents?.() ?? []),
    };
  };

  const listDevices = (): readonly WatchedDevice[] => {
    const devices = listHostDevices(host, config);
    if (devices !== listed) {
      listed = devices;
      watched = devices.filter((device) => isWatched(device, config)).map(guard.watch);
    }
    if (watched.length === 0) {
      throw nothingWatched(config);
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
    const states = new Map<string, CollectorState>();
    const publish = (): void => {
      latest = {
        nowSeconds: current.nowSeconds,
        states,
        reads: readFamilies(current.watched, current.failures),
        // Computed on demand: only the status page needs it.
        get administrativelyDown() {
          return new Set(current.watched.filter(isAdministrativelyDown).map(({ name }) => name));
        },
      };
      snapshot = undefined;
    };
    const isFirst = polledAt === Number.NEGATIVE_INFINITY;
    await Promise.all(
      collectors.map(async ({ name, collector }) => {
        const previous = latest.states.get(name);
        const collectedAt = performance.now();
        const own = current.forCollector();
        const { families, error = own.problem() } = await outcomeOf(async () =>
          collector.collect(own.poll),
        );
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
        if (isFirst) {
          publish();
        }
      }),
    );
    publish();
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

  const isReady = (): boolean => latest.states.size === collectors.length;

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
      const currentExtra = extraFamilies?.();
      if (snapshot === undefined || currentExtra !== extra) {
        extra = currentExtra;
        snapshot = takeSnapshot();
      }
      return snapshot;
    },
    run: async (signal) => {
      // Scrapes poll too: the interval counts from the last poll, whatever started it.
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

/** The result of a poll. */
interface PollResult
  extends Pick<RecordedPoll, 'nowSeconds'>, Pick<Snapshot, 'administrativelyDown'> {
  readonly states: ReadonlyMap<string, CollectorState>;
  readonly reads: readonly MetricFamily[];
}

interface Collected {
  readonly families: readonly MetricFamily[];
  readonly error: unknown;
}

async function outcomeOf(collect: () => Promise<readonly MetricFamily[]>): Promise<Collected> {
  try {
    return { families: await collect(), error: undefined };
  } catch (error) {
    return { families: [], error };
  }
}
