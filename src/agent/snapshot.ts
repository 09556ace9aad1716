import type { MetricFamily } from '../metrics/metric.ts';
import type { LoggedEvent } from '../model/kernel-event.ts';

/** What is served: the latest of every collector, and what the agent says of itself. */
export interface Snapshot {
  /** By collector, in the order of the list of collectors. */
  readonly collected: ReadonlyMap<string, readonly MetricFamily[]>;
  readonly agent: readonly MetricFamily[];
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
