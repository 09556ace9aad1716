import { eventKey } from '../kernel-log/count.ts';
import { createKernelLogFollower } from '../kernel-log/follow.ts';
import type { SourceState } from '../kernel-log/kernel-log-state.ts';
import { kernelEventNames } from '../model/kernel-event.ts';
import type { KernelEventCount } from '../model/ledger.ts';
import type { Device } from '../model/device.ts';
import { withinTime } from '../model/within-time.ts';
import { counter, gauge } from '../metrics/metric.ts';
import type { Metric, MetricFamily } from '../metrics/metric.ts';
import { memoizeLast } from '../model/memoize.ts';
import type { CollectorDefinition } from './collector.ts';
import { createHangFamilies, hangMetrics } from './hang.ts';

type EventLabel = 'device' | 'driver' | 'event';

export const kernelEvents: Metric<EventLabel> = counter({
  name: 'nic_kernel_events_total',
  help: 'Kernel-log records since boot that report the event; 0 for devices without any. Source: kernel log.',
  labels: ['device', 'driver', 'event'],
});
export const lastTimestamp: Metric<EventLabel> = gauge({
  name: 'nic_kernel_event_last_timestamp_seconds',
  help: 'When the kernel last logged the event, in seconds since the epoch. Source: kernel log.',
  labels: ['device', 'driver', 'event'],
});
export const previousBootEvents: Metric<EventLabel> = gauge({
  name: 'nic_previous_boot_kernel_events',
  help: 'Kernel-log records of the previous boot that report the event. Source: journal, state file of the agent.',
  labels: ['device', 'driver', 'event'],
});
export const statePersistent: Metric<never> = gauge({
  name: 'nicwatch_state_persistent',
  help: 'Whether the counts survive a restart of the agent: its state file can be written.',
});
export const logUp: Metric<'source'> = gauge({
  name: 'nicwatch_kernel_log_up',
  help: 'Whether the kernel log is read from the source; one of them is enough.',
  labels: ['source'],
});
export const logRecords: Metric<'source'> = counter({
  name: 'nicwatch_kernel_log_records_total',
  help: 'Records read from the kernel log.',
  labels: ['source'],
});
export const logLost: Metric<'source'> = counter({
  name: 'nicwatch_kernel_log_lost_total',
  help: 'Kernel-log records overwritten before they were read, from gaps in the sequence numbers.',
  labels: ['source'],
});
const logSuppressed = counter({
  name: 'nicwatch_kernel_log_suppressed_total',
  help: "Kernel messages of any kind suppressed by the kernel's network rate limit.",
  labels: ['source'],
});

/** The ring buffer is read in less; a journal may take longer, and must not delay the first poll. */
const maxWaitMilliseconds = 300;

/** Events of the devices in the kernel log. */
export const kernelLogCollector: CollectorDefinition = {
  name: 'kernel-log',
  description: 'Hangs, timeouts, resets and dead loops from the kernel log.',
  metrics: [
    kernelEvents,
    lastTimestamp,
    previousBootEvents,
    ...hangMetrics,
    logUp,
    logRecords,
    logLost,
    logSuppressed,
    statePersistent,
  ],
  create: ({ host, config, log }) => {
    if (config.kernelLogSource === 'none') {
      return { collect: () => [] };
    }
    const follower = createKernelLogFollower({
      host,
      source: config.kernelLogSource,
      onStateProblem: ({ message }) => {
        log.warn({ directory: config.stateDirectory }, `recounting the kernel log: ${message}`);
      },
    });
    const started = withinTime(
      maxWaitMilliseconds,
      Promise.all([follower.caughtUp, follower.persistenceKnown]),
    );
    const familiesOf = memoizeLast(eventFamilies);
    const hangFamilies = createHangFamilies();
    return {
      run: follower.run,
      recentEvents: () => follower.state().recentEvents,
      collect: async (poll) => {
        await started;
        const {
          sources,
          events,
          previousBootEvents: previous,
          lastHangs,
          ...state
        } = follower.state();
        for (const { source, error } of sources) {
          poll.report({ device: undefined, read: source, error });
        }
        const [blind] = sources.flatMap(({ error }) => error ?? []);
        if (blind !== undefined && state.isCaughtUp && !sources.some(({ isUp }) => isUp)) {
          poll.fail(blind);
        }
        poll.report({ device: undefined, read: 'state', error: state.stateError });
        const devices =
          poll.attempt({ device: undefined, read: 'sysfs' }, () => poll.devices) ?? [];
        // Before that, counters would later rise by events long past.
        const caughtUpFamilies = state.isCaughtUp
          ? [
              ...familiesOf(events, previous, devices),
              ...(await hangFamilies(poll, devices, lastHangs)),
            ]
          : [];
        return [
          ...caughtUpFamilies,
          ...logFamilies(sources),
          statePersistent.family(
            state.isPersistent === undefined
              ? []
              : [{ labels: {}, value: Number(state.isPersistent) }],
          ),
        ];
      },
    };
  },
};

function eventFamilies(
  events: readonly KernelEventCount[],
  previous: readonly KernelEventCount[],
  devices: readonly Device[],
): readonly MetricFamily[] {
  /** An event may have been counted before its device was known. */
  const labelsOf = ({ device, driver, event }: KernelEventCount) => ({
    device,
    driver: driver === '' ? (driverOf(device) ?? '') : driver,
    event,
  });
  const driverOf = (device: string) => devices.find(({ name }) => name === device)?.driver;
  const seen = new Set(events.map(eventKey));
  const unseen = devices.flatMap(({ name: device, driver = '' }) =>
    kernelEventNames
      .map((event) => ({ device, driver, event }))
      .filter((labels) => !seen.has(eventKey(labels))),
  );
  return [
    kernelEvents.family([
      ...unseen.map((labels) => ({ labels, value: 0 })),
      ...events.map((event) => ({ labels: labelsOf(event), value: event.count })),
    ]),
    // The last event before a power cycle counts until there is a newer one.
    lastTimestamp.family(
      [...events, ...previous.filter((event) => !seen.has(eventKey(event)))].flatMap((event) =>
        event.lastTimestampSeconds === undefined
          ? []
          : [{ labels: labelsOf(event), value: event.lastTimestampSeconds }],
      ),
    ),
    previousBootEvents.family(
      previous.map((event) => ({ labels: labelsOf(event), value: event.count })),
    ),
  ];
}

function logFamilies(sources: readonly SourceState[]): readonly MetricFamily[] {
  const each = (value: (source: SourceState) => number) =>
    sources.map((state) => ({ labels: { source: state.source }, value: value(state) }));
  return [
    logUp.family(each(({ isUp }) => Number(isUp))),
    logRecords.family(each(({ records }) => records)),
    logLost.family(each(({ lost }) => lost)),
    logSuppressed.family(each(({ suppressed }) => suppressed)),
  ];
}
