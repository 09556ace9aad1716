type MetricType = 'counter' | 'gauge';

export interface Sample<Label extends string = string> {
  readonly labels: Readonly<Record<Label, string>>;
  readonly value: number;
}

/** All samples of a metric in one snapshot. Immutable. */
export interface MetricFamily<Label extends string = string> {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly samples: readonly Sample<Label>[];
}

/** A declared metric: the docs list it, and its families are created from it. */
export interface Metric<Label extends string = string> {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly labels: readonly Label[];
  family(samples: readonly Sample<Label>[]): MetricFamily;
}

interface MetricOptions<Label extends string> {
  readonly name: string;
  /** One sentence that describes the value and names its source. */
  readonly help: string;
  readonly labels?: readonly Label[];
}

/** Declares a counter; its name ends in `_total`. */
export function counter<Label extends string = never>(
  options: MetricOptions<Label>,
): Metric<Label> {
  return metric('counter', options);
}

/** Declares a gauge. */
export function gauge<Label extends string = never>(options: MetricOptions<Label>): Metric<Label> {
  return metric('gauge', options);
}

function metric<Label extends string>(
  type: MetricType,
  { name, help, labels = [] }: MetricOptions<Label>,
): Metric<Label> {
  return { name, help, type, labels, family: (samples) => ({ name, help, type, samples }) };
}
