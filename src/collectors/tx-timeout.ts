import type { Host } from '../host/host.ts';
import type { Device } from '../model/device.ts';
import { counter } from '../metrics/metric.ts';
import { parseInteger } from '../parsers/number.ts';
import { createAttempt } from './attempt.ts';
import type { CollectorDefinition } from './collector.ts';
import { deviceSamples } from './device-samples.ts';
import { txQueues } from './tx-queues.ts';
import { createWatchedDevices } from './watched-devices.ts';

const txTimeouts = counter({
  name: 'nic_tx_timeouts_total',
  help: "Times the kernel's transmit watchdog fired, over all queues; stays 0 for drivers without one. Source: sysfs queues/tx-*/tx_timeout.",
  labels: ['device'],
});

/** Transmit timeouts as the kernel itself counts them: it needs no log line and no driver. */
export const txTimeoutCollector: CollectorDefinition = {
  name: 'tx-timeout',
  description: 'Transmit timeouts counted by the kernel, per device.',
  metrics: [txTimeouts],
  create: ({ host, config, report }) => {
    const attempt = createAttempt(report);
    const watchedDevices = createWatchedDevices(host, config);
    return {
      collect: async () => {
        const devices = await watchedDevices();
        const readings = devices.map((device) => ({
          device,
          timeouts: attempt.now({ device: device.name, read: 'sysfs' }, () =>
            readTxTimeouts(host, device),
          ),
        }));
        return [txTimeouts.family(deviceSamples(readings, ({ timeouts }) => timeouts))];
      },
    };
  },
};

/** A sum over some of the queues would look like a counter reset, so all of them are read or none counts. */
function readTxTimeouts(host: Host, { name }: Device): number {
  return txQueues(host, name)
    .map((queue) => parseInteger(host.readAttribute(name, `queues/${queue}/tx_timeout`)))
    .reduce((sum, count) => sum + count, 0);
}
