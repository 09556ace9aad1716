import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';

import type { Exporter } from './exporter.ts';
import { countVoluntarySwitches, cpuMilliseconds } from './process-usage.ts';
import { createScraper } from './scrape.ts';
import type { Connection, Scraped } from './scrape.ts';

/** How the exporters are scraped. */
export interface Pattern {
  readonly name: string;
  readonly rounds: number;
  /** From the start of a round to the start of the next; 0 is back to back. */
  readonly intervalMilliseconds: number;
  /** No round is begun after this, for the sake of slow exporters. */
  readonly maxMilliseconds: number;
}

/** Cost of scrapes for the exporter and the scraper. */
export interface Cost {
  readonly exporter: string;
  readonly pattern: string;
  readonly scrapes: number;
  readonly intervalMilliseconds: number;
  readonly cpuMillisecondsPerScrape: number;
  /** Of all its threads, without its children. */
  readonly voluntarySwitchesPerScrape: number;
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
  /** Median age, at the end of a scrape, of the poll it shows: of the slowest collector, for exporters that report it. */
  readonly ageMilliseconds: number | undefined;
}

/** Cost of an exporter for a device count. */
export interface Measurement {
  readonly exporter: string;
  readonly version: string;
  /** Version of Node.js reported by nicwatch. */
  readonly nodeVersion: string | undefined;
  readonly devices: number;
  /** Reader of drivers reported by nicwatch. */
  readonly reader: string | undefined;
  /** Failed reads reported by nicwatch: omitted samples would make it look cheap. */
  readonly stuckReads: number;
  /** From the start of the process to the end of the first scrape, median. */
  readonly startMilliseconds: number;
  readonly residentBytes: number;
  /** Of the exposition before compression. */
  readonly bodyBytes: number;
  readonly series: number;
  readonly seriesPerDevice: number;
  readonly costs: readonly Cost[];
}

const lookMilliseconds = 1000;

/** Scrapes exporters alternately, so that other load on the machine affects them equally. */
export async function measureInTurns(
  exporters: readonly Exporter[],
  { name, rounds, intervalMilliseconds, maxMilliseconds }: Pattern,
  connection: Connection,
): Promise<readonly Cost[]> {
  const running = exporters.map((exporter) => {
    const latencies: number[] = [];
    const ages: number[] = [];
    const { pid, port } = exporter;
    const scraper = createScraper(port, connection);
    const switches = countVoluntarySwitches(pid);
    return { exporter, scraper, latencies, ages, switches, cpuBefore: cpuMilliseconds(pid) };
  });
  const startedAt = performance.now();
  for (let round = 0; round < rounds; round += 1) {
    const roundAt = performance.now();
    if (roundAt - startedAt > maxMilliseconds) {
      break;
    }
    for (const { scraper, latencies, ages } of running) {
      const scraped = await scraper.scrape();
      latencies.push(scraped.milliseconds);
      ages.push(...oldestAge(scraped));
    }
    await waitUntil(roundAt + intervalMilliseconds, () => {
      for (const { switches } of running) {
        switches();
      }
    });
  }
  const costs = running.map(({ exporter, latencies, ages, switches, cpuBefore }) => ({
    exporter: exporter.name,
    pattern: name,
    scrapes: latencies.length,
    intervalMilliseconds,
    cpuMillisecondsPerScrape: (cpuMilliseconds(exporter.pid) - cpuBefore) / latencies.length,
    voluntarySwitchesPerScrape: switches() / latencies.length,
    p50Milliseconds: quantile(latencies, 0.5),
    p99Milliseconds: quantile(latencies, 0.99),
    ageMilliseconds: ages.length === 0 ? undefined : quantile(ages, 0.5),
  }));
  for (const { scraper } of running) {
    scraper.close();
  }
  return costs;
}

/** Waits until a time of `performance.now()`, and calls `look` every second, at least once. */
export async function waitUntil(endMilliseconds: number, look: () => void): Promise<void> {
  do {
    await setTimeout(Math.min(lookMilliseconds, Math.max(0, endMilliseconds - performance.now())));
    look();
  } while (performance.now() < endMilliseconds);
}

/** The quantile of values by the nearest-rank method. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** One real line: `nicwatch_collector_last_success_timestamp_seconds{collector="device"} 1763617272.573` */
function oldestAge({ endedAtMilliseconds, body }: Scraped): readonly number[] {
  const ages = [
    ...body().matchAll(/^nicwatch_collector_last_success_timestamp_seconds\{.*\} (\S+)$/gm),
  ].map(([, seconds]) => endedAtMilliseconds - Number(seconds) * 1000);
  return ages.length === 0 ? [] : [Math.max(...ages)];
}
