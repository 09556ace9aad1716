import { counter } from '../metrics/metric.ts';
import type { Metric } from '../metrics/metric.ts';
import { parseInteger } from '../parsers/number.ts';
import type { CollectorDefinition } from './collector.ts';
import { deviceSamples } from './collector.ts';
import { createTxQueueAttributes } from './tx-queues.ts';

export const txTimeouts: Metric<'device'> = counter({
  name: 'nic_tx_timeouts_total',
  help: "Times the kernel's transmit watchdog fired, over all queues; stays 0 for drivers without one. Source: sysfs queues/tx-*/tx_timeout.",
  labels: ['device'],
});

/** Transmit timeouts as counted by the kernel, independent of log lines and drivers. */
export const txTimeoutCollector: CollectorDefinition = {
  name: 'tx-timeout',
  description: 'Transmit timeouts counted by the kernel, per device.',
  metrics: [txTimeouts],
  create: () => {
    const txTimeoutAttributes = createTxQueueAttributes('tx_timeout');
    return {
      collect: ({ devices, attempt }) => {
        const readings = devices.map((device) => ({
          device,
          // A partial sum would look like a counter reset: one unreadable queue fails the sum.
          timeouts: attempt({ device, read: 'sysfs' }, () =>
            txTimeoutAttributes(device).reduce(
              (sum, attribute) => sum + parseInteger(device.attribute(attribute)),
              0,
            ),
          ),
        }));
        return [txTimeouts.family(deviceSamples(readings, ({ timeouts }) => timeouts))];
      },
    };
  },
};
