import type { Cost, Measurement } from './measure.ts';

/** What nicwatch may cost, and what it does. */
export interface Budget {
  readonly what: string;
  readonly measured: number;
  readonly atMost: number;
  readonly met: boolean;
}

/** The numbers of devices between which growth is judged, and the one all else is. */
const [few, some, many] = [10, 100, 1000];

/** Compares what was measured with the budgets; those whose numbers of devices were not measured are left out. */
export function judgeBudgets(measurements: readonly Measurement[]): readonly Budget[] {
  const find = (exporter: string, devices: number): Measurement | undefined =>
    measurements.find((each) => each.exporter === exporter && each.devices === devices);
  const [nicwatch, nodeExporter] = [find('nicwatch', some), find('node_exporter', some)];
  const ratio = (pattern: string, read: (cost: Cost) => number): number | undefined =>
    divide(costOf(nicwatch, pattern, read), costOf(nodeExporter, pattern, read));
  const growth = (from: number, to: number): number | undefined =>
    divide(
      costOf(find('nicwatch', to), 'fresh', cpu),
      costOf(find('nicwatch', from), 'fresh', cpu),
    );
  const budgets: readonly (readonly [
    what: string,
    measured: number | undefined,
    atMost: number,
  ])[] = [
    ['CPU per scrape, fresh, against node_exporter', ratio('fresh', cpu), 0.1],
    ['CPU per scrape, burst, against node_exporter', ratio('burst', cpu), 0.1],
    ['latency p50, fresh, against node_exporter', ratio('fresh', p50), 0.1],
    ['latency p50, burst, against node_exporter', ratio('burst', p50), 0.1],
    [`CPU of a fresh scrape, ${some} devices against ${few}`, growth(few, some), 12],
    [`CPU of a fresh scrape, ${many} devices against ${some}`, growth(some, many), 12],
    ['resident memory, MiB', divide(nicwatch?.residentBytes, 2 ** 20), 64],
    ['start to first answered scrape, ms', nicwatch?.startMilliseconds, 500],
    ['series per device', nicwatch?.seriesPerDevice, 60],
    ['reads without an answer', nicwatch?.stuckReads, 0],
  ];
  return budgets.flatMap(([what, measured, atMost]) =>
    measured === undefined ? [] : [{ what, measured, atMost, met: measured <= atMost }],
  );
}

const cpu = ({ cpuMillisecondsPerScrape }: Cost): number => cpuMillisecondsPerScrape;
const p50 = ({ p50Milliseconds }: Cost): number => p50Milliseconds;

function costOf(
  measurement: Measurement | undefined,
  pattern: string,
  read: (cost: Cost) => number,
): number | undefined {
  const cost = measurement?.costs.find((each) => each.pattern === pattern);
  return cost === undefined ? undefined : read(cost);
}

function divide(dividend: number | undefined, divisor: number | undefined): number | undefined {
  return dividend === undefined || divisor === undefined ? undefined : dividend / divisor;
}
