import { driverCounters } from '../catalogue/driver-counters.ts';
import type { CounterMeaning } from '../catalogue/driver-counters.ts';
import type { Device } from '../model/device.ts';
import type { Statistic } from '../model/statistic.ts';
import { counter } from '../metrics/metric.ts';
import { createAttempt } from './attempt.ts';
import type { CollectorDefinition } from './collector.ts';
import { deviceSamples } from './device-samples.ts';
import { createWatchedDevices } from './watched-devices.ts';

const rxCsumErrors = counter({
  name: 'nic_rx_csum_errors_total',
  help: 'Received packets whose checksum the NIC found wrong. Source: ethtool -S through the driver catalogue.',
  labels: ['device'],
});

/** Driver statistics under one name whatever the driver. */
export const ethtoolCollector: CollectorDefinition = {
  name: 'ethtool',
  description: 'Driver statistics under one name on every driver.',
  metrics: [rxCsumErrors],
  create: ({ host, config, report }) => {
    const attempt = createAttempt(report);
    const watchedDevices = createWatchedDevices(host, config);
    return {
      collect: async () => {
        const devices = (await watchedDevices()).filter(hasStatistics);
        const readings = await Promise.all(
          devices.map(async (device) => ({
            device,
            statistics:
              (await attempt({ device: device.name, read: 'statistics' }, async () =>
                host.ethtool.statistics(device.name),
              )) ?? [],
          })),
        );
        return [
          rxCsumErrors.family(
            deviceSamples(readings, ({ device, statistics }) =>
              total(statistics, device.driver, 'rx_csum_errors'),
            ),
          ),
        ];
      },
    };
  },
};

/** Of a virtual device whose driver the catalogue does not know, nothing would be used. */
function hasStatistics({ kind, driver }: Device): boolean {
  return kind === 'physical' || driverCounters[driver ?? ''] !== undefined;
}

/** The sum of a driver's statistics of one meaning; undefined where the driver has none. */
function total(
  statistics: readonly Statistic[],
  driver: string | undefined,
  meaning: CounterMeaning,
): number | undefined {
  const pattern = driverCounters[driver ?? '']?.[meaning];
  const values = statistics
    .filter(({ name }) => pattern?.test(name.trim()))
    .map(({ value }) => value);
  return values.length === 0 ? undefined : Number(values.reduce((sum, value) => sum + value, 0n));
}
