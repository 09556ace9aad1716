import process from 'node:process';

import { counter, gauge } from '../metrics/metric.ts';
import type { Metric, MetricFamily } from '../metrics/metric.ts';

const cpuSeconds = counter({
  name: 'process_cpu_seconds_total',
  help: 'User and system CPU time of the agent, in seconds.',
});
const residentMemory = gauge({
  name: 'process_resident_memory_bytes',
  help: 'Resident memory of the agent, in bytes.',
});
const startTime = gauge({
  name: 'process_start_time_seconds',
  help: 'When the agent started, in seconds since the epoch.',
});

/** Metrics about the process, under the names every Prometheus client library uses. */
export const processMetrics: readonly Metric[] = [cpuSeconds, residentMemory, startTime];

/** Each read may fail: without procfs, or without a free descriptor. */
export interface ProcessReads {
  readonly cpuUsage: () => NodeJS.CpuUsage;
  readonly residentBytes: () => number;
}

/** Resource usage of the agent; disabled by `--web.disable-exporter-metrics`. */
export function processFamilies(
  startTimestampSeconds: number,
  {
    cpuUsage = process.cpuUsage,
    residentBytes = process.memoryUsage.rss,
  }: Partial<ProcessReads> = {},
): readonly MetricFamily[] {
  return [
    cpuSeconds.family(
      samplesOf(() => {
        const { user, system } = cpuUsage();
        return (user + system) / 1e6;
      }),
    ),
    residentMemory.family(samplesOf(residentBytes)),
    startTime.family([{ labels: {}, value: startTimestampSeconds }]),
  ];
}

/** A value that cannot be read has no sample, and does not fail the scrape. */
function samplesOf(read: () => number) {
  try {
    return [{ labels: {}, value: read() }];
  } catch {
    return [];
  }
}
