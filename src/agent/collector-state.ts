import type { ReadOutcome } from '../collectors/collector.ts';
import type { MetricFamily } from '../metrics/metric.ts';

/** How a collector fared when it last ran. */
export interface CollectorState {
  readonly name: string;
  readonly families: readonly MetricFamily[];
  readonly outcomes: readonly ReadOutcome[];
  /** Why it failed as a whole, if it did. */
  readonly error: unknown;
  readonly durationSeconds: number;
  readonly lastSuccessTimestampSeconds: number | undefined;
}
