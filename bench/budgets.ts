import type { KernelLogCost } from './kernel-log-cost.ts';
import type { Cost, Measurement } from './measure.ts';

/** A budget and its measured value. */
export interface Budget {
  readonly what: string;
  readonly measured: number;
  readonly limit: number;
  /** The next goal. */
  readonly stretch: number | undefined;
  readonly verdict: 'met' | 'met, stretch met' | 'NOT MET';
}

interface Limit {
  readonly what: string;
  readonly measured: number | undefined;
  readonly limit: number;
  readonly stretch?: number;
}

/** Device counts with budgets. */
const [typical, many, max] = [4, 100, 1000];

/** Compares measured values with the budgets, except those for device counts that were not measured. */
export function judgeBudgets(
  measurements: readonly Measurement[],
  kernelLog: KernelLogCost,
): readonly Budget[] {
  const find = (exporter: string, devices: number): Measurement | undefined =>
    measurements.find((each) => each.exporter === exporter && each.devices === devices);
  const cost = (devices: number, pattern: string, exporter = 'nicwatch'): Cost | undefined =>
    find(exporter, devices)?.costs.find((each) => each.pattern === pattern);
  const ratio = (devices: number, pattern: string, read: (of: Cost) => number) => {
    const [own, other] = [cost(devices, pattern), cost(devices, pattern, 'node_exporter')];
    return own === undefined || other === undefined ? undefined : read(own) / read(other);
  };
  const maxOf = (read: (of: Measurement) => number): number | undefined => {
    const own = measurements.filter(({ exporter }) => exporter === 'nicwatch').map(read);
    return own.length === 0 ? undefined : Math.max(...own);
  };
  const nicwatch = find('nicwatch', many);
  const limits: readonly Limit[] = [
    {
      what: `${typical} devices: CPU-seconds per hour, ratio to node_exporter`,
      measured: ratio(typical, 'typical', cpu),
      limit: 1,
      stretch: 0.5,
    },
    {
      what: `${typical} devices: voluntary context switches per 15 s`,
      measured: cost(typical, 'typical')?.voluntarySwitchesPerScrape,
      limit: 40,
    },
    {
      what: `${many} devices: CPU per fresh scrape, ratio to node_exporter`,
      measured: ratio(many, 'fresh', cpu),
      limit: 0.15,
      stretch: 0.1,
    },
    {
      what: `${many} devices: p50 latency of a fresh scrape, ratio to node_exporter`,
      measured: ratio(many, 'fresh', p50),
      limit: 0.12,
      stretch: 0.1,
    },
    {
      what: `${max} devices: CPU per fresh scrape, ratio to node_exporter`,
      measured: ratio(max, 'fresh', cpu),
      limit: 0.25,
    },
    {
      what: `${many} devices: resident memory, MiB`,
      measured: nicwatch === undefined ? undefined : nicwatch.residentBytes / 2 ** 20,
      ...memoryLimits(nicwatch?.nodeVersion),
    },
    {
      what: `${many} devices: start to first answered scrape, ms`,
      measured: nicwatch?.startMilliseconds,
      limit: 500,
    },
    {
      what: 'kernel record to /metrics, median, ms',
      measured: kernelLog.medianMilliseconds,
      limit: 100,
    },
    {
      what: 'series per device',
      measured: maxOf(({ seriesPerDevice }) => seriesPerDevice),
      limit: 60,
    },
    {
      what: 'reads without an answer',
      measured: maxOf(({ stuckReads }) => stuckReads),
      limit: 0,
    },
  ];
  return limits.flatMap(({ measured, ...limit }) =>
    measured === undefined ? [] : [judge({ measured, ...limit })],
  );
}

function judge({ what, measured, limit, stretch }: Limit & { readonly measured: number }): Budget {
  const isStretchMet = stretch !== undefined && measured <= stretch;
  const verdict = isStretchMet ? 'met, stretch met' : measured <= limit ? 'met' : 'NOT MET';
  return { what, measured, limit, stretch, verdict };
}

/** Node.js 24 itself has more file pages resident than Node.js 20. */
function memoryLimits(nodeVersion: string | undefined): Pick<Limit, 'limit' | 'stretch'> {
  const major = Number(/^v(\d+)/.exec(nodeVersion ?? '')?.[1]);
  return major >= 24 ? { limit: 72, stretch: 64 } : { limit: 64 };
}

const cpu = ({ cpuMillisecondsPerScrape }: Cost): number => cpuMillisecondsPerScrape;
const p50 = ({ p50Milliseconds }: Cost): number => p50Milliseconds;
