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

/** What the agent costs. `--web.disable-exporter-metrics` leaves this out. */
export function processFamilies(startTimestampSeconds: number): readonly MetricFamily[] {
  const { user, system } = process.cpuUsage();
  return [
    cpuSeconds.family([{ labels: {}, value: (user + system) / 1e6 }]),
    residentMemory.family([{ labels: {}, value: process.memoryUsage.rss() }]),
    startTime.family([{ labels: {}, value: startTimestampSeconds }]),
  ];
}
