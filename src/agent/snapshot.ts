import type { MetricFamily } from '../metrics/metric.ts';
import type { LoggedEvent } from '../model/kernel-event.ts';

/** What is served: the latest of every collector, and what the agent says of itself. */
export interface Snapshot {
  /** When the devices were read, in seconds since the epoch. */
  readonly timestampSeconds: number;
  /** By collector, in the order of the list of collectors. */
  readonly collected: ReadonlyMap<string, readonly MetricFamily[]>;
  readonly agent: readonly MetricFamily[];
  /** Names of the devices somebody has set down: that they have no link is no fault. */
  readonly administrativelyDown: ReadonlySet<string>;
  /** What the kernel logged last, the newest first. */
  readonly recentEvents: readonly LoggedEvent[];
}

/** What a collector gave when it last ran. */
export interface CollectorState {
  readonly name: string;
  readonly families: readonly MetricFamily[];
  /** Why it failed as a whole, if it did. */
  readonly error: unknown;
  readonly durationSeconds: number;
  readonly lastSuccessTimestampSeconds: number | undefined;
}
