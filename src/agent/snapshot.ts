import type { MetricFamily } from '../metrics/metric.ts';
import type { LoggedEvent } from '../model/kernel-event.ts';

/** What is served: the latest families of every collector, and those of the agent. */
export interface Snapshot {
  /** When the devices were read, in seconds since the epoch. */
  readonly timestampSeconds: number;
  /** By collector, in the order of the list of collectors. */
  readonly collected: ReadonlyMap<string, readonly MetricFamily[]>;
  readonly agent: readonly MetricFamily[];
  /** Names of the devices that are administratively down: without a link they are not faulty. */
  readonly administrativelyDown: ReadonlySet<string>;
  /** The latest kernel events, newest first. */
  readonly recentEvents: readonly LoggedEvent[];
}

/** The result of a collector's last run. */
export interface CollectorState {
  readonly name: string;
  readonly families: readonly MetricFamily[];
  /** Why it failed as a whole, if it did. */
  readonly error: unknown;
  readonly durationSeconds: number;
  readonly lastSuccessTimestampSeconds: number | undefined;
}
