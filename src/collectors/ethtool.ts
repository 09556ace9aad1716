import { counterMeanings, driverCounters } from '../catalogue/driver-counters.ts';
import type { CounterMeaning } from '../catalogue/driver-counters.ts';
import type { Device, Statistics } from '../model/device.ts';
import { memoizeByObject, memoizeLast } from '../model/memoize.ts';
import { counter, gauge } from '../metrics/metric.ts';
import type { Metric, MetricFamily } from '../metrics/metric.ts';
import type { CollectorDefinition, Poll, WatchedDevice } from './collector.ts';
import { deviceSamples } from './collector.ts';
import { planStatistics } from './statistic-plan.ts';
import type { RawFilter, StatisticPlan } from './statistic-plan.ts';

const statisticsMapped = gauge({
  name: 'nic_statistics_mapped',
  help: 'Driver statistics that the driver catalogue maps. Source: ethtool -S.',
  labels: ['device'],
});
const statisticsUnmapped = gauge({
  name: 'nic_statistics_unmapped',
  help: 'Driver statistics that the driver catalogue does not map. Source: ethtool -S.',
  labels: ['device'],
});
const ethtoolStatistic = gauge({
  name: 'nic_ethtool_statistic',
  help: 'One statistic as the driver names it, without the number of its queue; with --collector.ethtool.raw. Source: ethtool -S.',
  labels: ['device', 'statistic', 'queue'],
});
const statisticsDropped = gauge({
  name: 'nicwatch_ethtool_statistics_dropped',
  help: 'Statistics that --collector.ethtool.raw includes but the limit per device drops.',
  labels: ['device'],
});

/** The metric of each meaning, in exposition order. */
export const counterMetrics: Readonly<Record<CounterMeaning, Metric<'device'>>> = {
  rx_csum_errors: driverCounter(
    'nic_rx_csum_errors_total',
    'Received packets whose checksum the NIC found wrong.',
  ),
  rx_crc_errors: driverCounter(
    'nic_rx_crc_errors_total',
    'Received frames whose frame check sequence (CRC) was wrong.',
  ),
  rx_missed: driverCounter(
    'nic_rx_missed_total',
    'Received packets the NIC dropped because they were not fetched fast enough.',
  ),
  rx_no_buffer: driverCounter(
    'nic_rx_no_buffer_total',
    'Times a received packet found no free receive buffer.',
  ),
  tx_timeouts: driverCounter(
    'nic_driver_tx_timeouts_total',
    'Transmit timeouts as the driver counts them.',
  ),
  resets: driverCounter(
    'nic_driver_resets_total',
    'Times the driver reset the device or one of its queues to recover.',
  ),
};

function driverCounter(name: string, meaning: string): Metric<'device'> {
  const help = `${meaning} Source: ethtool -S through the driver catalogue.`;
  return counter({ name, help, labels: ['device'] });
}

/** Driver statistics under the same name for every driver. */
export const ethtoolCollector: CollectorDefinition = {
  name: 'ethtool',
  description: 'Driver statistics, under the same names for every driver.',
  metrics: [
    ...Object.values(counterMetrics),
    statisticsMapped,
    statisticsUnmapped,
    ethtoolStatistic,
    statisticsDropped,
  ],
  create: ({ config }) => {
    const filter: RawFilter = { include: config.ethtoolRaw, exclude: config.ethtoolRawExclude };
    /** The same object while nothing in it changes. */
    const readingOf = memoizeByObject((device: WatchedDevice) => {
      const planOf = memoizeLast((driver: string | undefined, names: readonly string[]) =>
        planStatistics(driver, names, filter),
      );
      return memoizeLast(
        (_name: string, driver: string | undefined, statistics: Statistics): Reading => ({
          device,
          statistics,
          plan: planOf(driver, statistics.names),
        }),
      );
    });

    /** Nothing would be exported for a virtual device with an unknown driver, unless raw statistics are requested. */
    const isRead = (device: WatchedDevice): boolean =>
      device.kind === 'physical' ||
      filter.include !== undefined ||
      driverCounters[driverOf(device) ?? ''] !== undefined;

    const readDevice = (device: WatchedDevice, { attempt }: Poll): Reading | undefined => {
      const statistics = attempt({ device, read: 'statistics' }, device.statistics);
      if (statistics === undefined) {
        return undefined;
      }
      return readingOf(device)(device.name, driverOf(device), statistics);
    };

    const familiesOf = memoizeLast((...readings: readonly Reading[]) => [
      ...counterFamilies(readings),
      statisticsMapped.family(deviceSamples(readings, ({ plan }) => plan.mapped)),
      statisticsUnmapped.family(
        deviceSamples(readings, ({ plan }) => plan.names.length - plan.mapped),
      ),
      ...(filter.include === undefined ? [] : rawFamilies(readings)),
    ]);

    return {
      needs: (device) => (isRead(device) ? ['statistics'] : []),
      collect: (poll) =>
        familiesOf(
          ...poll.devices
            .filter(isRead)
            .map((device) => readDevice(device, poll))
            .filter((reading) => reading !== undefined),
        ),
    };
  },
};

function driverOf(device: WatchedDevice): string | undefined {
  return device.lastDriverInfo()?.driver ?? device.driver;
}

interface Reading {
  readonly device: Device;
  readonly statistics: Statistics;
  readonly plan: StatisticPlan;
}

function counterFamilies(readings: readonly Reading[]): readonly MetricFamily[] {
  return counterMeanings.map((meaning) =>
    counterMetrics[meaning].family(
      deviceSamples(readings, ({ statistics, plan }) =>
        total(statistics, plan.counters.get(meaning)),
      ),
    ),
  );
}

/** Undefined where the driver has no such counter. */
function total({ values }: Statistics, indexes: readonly number[] | undefined): number | undefined {
  return indexes === undefined
    ? undefined
    : Number(indexes.reduce((sum, index) => sum + (values[index] ?? 0n), 0n));
}

function rawFamilies(readings: readonly Reading[]): readonly MetricFamily[] {
  return [
    ethtoolStatistic.family(
      readings.flatMap(({ device, statistics, plan }) =>
        plan.passed.map(({ index, statistic, queue }) => ({
          labels: { device: device.name, statistic, queue },
          value: Number(statistics.values[index] ?? 0n),
        })),
      ),
    ),
    statisticsDropped.family(deviceSamples(readings, ({ plan }) => plan.dropped)),
  ];
}
