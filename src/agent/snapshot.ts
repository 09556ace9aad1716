import type { MetricFamily } from '../metrics/metric.ts';

/** What `/metrics` serves: the latest of every collector, and what the agent says of itself. */
export interface Snapshot {
  /** By collector, in the order of the list of collectors. */
  readonly collected: ReadonlyMap<string, readonly MetricFamily[]>;
  readonly agent: readonly MetricFamily[];
}
