import { setTimeout } from 'node:timers/promises';

import { createKernelLogMonitor } from '../kernel-log/monitor.ts';
import type { KernelEventCount, KernelLogState } from '../kernel-log/monitor.ts';
import { kernelEventNames } from '../model/kernel-event.ts';
import type { Device } from '../model/device.ts';
import { counter, gauge } from '../metrics/metric.ts';
import type { MetricFamily } from '../metrics/metric.ts';
import type { CollectorDefinition } from './collector.ts';
import { watchedDevices } from './watched-devices.ts';

const kernelEvents = counter({
  name: 'nic_kernel_events_total',
  help: 'Kernel-log records since boot that report the event; 0 for devices without any. Source: kernel log.',
  labels: ['device', 'driver', 'event'],
});
const lastTimestamp = gauge({
  name: 'nic_kernel_event_last_timestamp_seconds',
  help: 'When the kernel last logged the event, in seconds since the epoch. Source: kernel log.',
  labels: ['device', 'driver', 'event'],
});
const logUp = gauge({
  name: 'nicwatch_kernel_log_up',
  help: 'Whether the kernel log can be read.',
  labels: ['source'],
});
const logRecords = counter({
  name: 'nicwatch_kernel_log_records_total',
  help: 'Records read from the kernel log.',
  labels: ['source'],
});
const logLost = counter({
  name: 'nicwatch_kernel_log_lost_total',
  help: 'Kernel-log records overwritten before they were read, from gaps in the sequence numbers.',
  labels: ['source'],
});
const logSuppressed = counter({
  name: 'nicwatch_kernel_log_suppressed_total',
  help: "Messages the kernel's network rate limit left out of its log, of any kind.",
  labels: ['source'],
});

/** A log that never ends must not hold up the poll for ever. */
const longestWaitMilliseconds = 5000;

/** What the kernel log says happened to the devices. */
export const kernelLogCollector: CollectorDefinition = {
  name: 'kernel-log',
  description: 'Hangs, timeouts, resets and dead loops from the kernel log.',
  metrics: [kernelEvents, lastTimestamp, logUp, logRecords, logLost, logSuppressed],
  create: ({ host, config, report }) => {
    if (config.kernelLogSource === 'none') {
      return { collect: async () => [] };
    }
    const monitor = createKernelLogMonitor(host);
    const replayed = Promise.race([
      monitor.caughtUp,
      setTimeout(longestWaitMilliseconds, undefined, { ref: false }),
    ]);
    return {
      run: async (signal) => monitor.run(signal),
      collect: async () => {
        await replayed;
        const state = monitor.state();
        report({ device: undefined, read: 'kernel_log', error: state.error });
        const devices = await watchedDevices(host, config);
        return [...eventFamilies(state.events, devices), ...logFamilies(state)];
      },
    };
  },
};

function eventFamilies(
  events: readonly KernelEventCount[],
  devices: readonly Device[],
): readonly MetricFamily[] {
  const labelsOf = ({
    device,
    driver,
    event,
  }: Pick<KernelEventCount, 'device' | 'driver' | 'event'>) => ({
    device,
    driver: devices.find(({ name }) => name === device)?.driver ?? driver,
    event,
  });
  const seen = new Set(events.map(({ device, event }) => JSON.stringify([device, event])));
  const unseen = devices.flatMap(({ name: device, driver = '' }) =>
    kernelEventNames
      .filter((event) => !seen.has(JSON.stringify([device, event])))
      .map((event) => ({ device, driver, event, count: 0 })),
  );
  return [
    kernelEvents.family(
      [...unseen, ...events].map((event) => ({ labels: labelsOf(event), value: event.count })),
    ),
    lastTimestamp.family(
      events.flatMap((event) =>
        event.lastTimestampSeconds === undefined
          ? []
          : [{ labels: labelsOf(event), value: event.lastTimestampSeconds }],
      ),
    ),
  ];
}

function logFamilies({ up, records, lost, suppressed }: KernelLogState): readonly MetricFamily[] {
  const labels = { source: 'kmsg' };
  return [
    logUp.family([{ labels, value: Number(up) }]),
    logRecords.family([{ labels, value: records }]),
    logLost.family([{ labels, value: lost }]),
    logSuppressed.family([{ labels, value: suppressed }]),
  ];
}
