import { kernelEventRows } from '../catalogue/kernel-events.ts';
import type { LastHang } from '../kernel-log/count.ts';
import { onlyDeviceOf } from '../kernel-log/only-device.ts';
import { gauge } from '../metrics/metric.ts';
import type { Metric, MetricFamily } from '../metrics/metric.ts';
import { memoizeByObject } from '../model/memoize.ts';
import { parseInteger } from '../parsers/number.ts';
import { carrierOf } from './carrier.ts';
import type { Poll, WatchedDevice } from './collector.ts';
import { deviceSamples } from './collector.ts';
import { createHangTracker } from './hang-tracker.ts';
import { createTxQueueAttributes, hasTxBytes } from './tx-queues.ts';

export const hangActive: Metric<'device'> = gauge({
  name: 'nic_hang_active',
  help: 'Whether the transmitter hangs: its last hang record is younger than 30 s, or since then it has sent nothing, was not reset, kept its link and still has work waiting. Only for drivers that log hangs. Source: kernel log and sysfs.',
  labels: ['device'],
});
const pendingDescriptors = gauge({
  name: 'nic_hang_pending_descriptors',
  help: 'Descriptors that waited to be sent in the last hang record, TDT minus TDH modulo the ring. Source: kernel log.',
  labels: ['device'],
});

export const hangMetrics: readonly Metric[] = [hangActive, pendingDescriptors];

/** Drivers that log hangs: for any other, 0 would be a guess. */
const hangingDrivers: ReadonlySet<string> = new Set(
  kernelEventRows.flatMap(({ event, drivers = [] }) => (event === 'unit_hang' ? drivers : [])),
);

/** Drivers whose hang records name neither interface nor bus address: ambiguous with several devices. */
const namelessDrivers: ReadonlySet<string> = new Set(['ixgbevf']);

/** Creates the function that exports which devices hang, from the last hang record of each. */
export function createHangFamilies(): (
  poll: Poll,
  devices: readonly WatchedDevice[],
  lastHangs: ReadonlyMap<string, LastHang>,
) => Promise<readonly MetricFamily[]> {
  const trackerOf = memoizeByObject((_device: WatchedDevice) => createHangTracker());
  const limits = createTxQueueAttributes('byte_queue_limits/limit');
  const inflight = createTxQueueAttributes('byte_queue_limits/inflight');

  const readDevice = async (
    device: WatchedDevice,
    lastHang: LastHang | undefined,
    { attempt, attemptLater, nowSeconds }: Poll,
  ) => {
    if (lastHang === undefined) {
      return { device, isHanging: false, pending: undefined };
    }
    const read = <Value>(value: () => Value): Value | undefined =>
      attempt({ device, read: 'sysfs' }, value);
    const isHanging = trackerOf(device).isHanging(lastHang, nowSeconds, {
      carrier: read(() => carrierOf(device)),
      carrierChanges: read(() => parseInteger(device.carrierChanges())),
      txPackets: read(device.packetCounters)?.txPackets,
      txBytes: read(() => ({
        isAccounted: hasTxBytes(device, limits),
        isWaiting: hasTxBytes(device, inflight),
      })),
    });
    return { device, isHanging, pending: await pendingOf(device, lastHang, attemptLater) };
  };

  return async (poll, devices, lastHangs) => {
    const readings = await Promise.all(
      devices
        .filter((device) => canReportHang(device, devices))
        .map(async (device) => readDevice(device, lastHangs.get(device.name), poll)),
    );
    return [
      hangActive.family(deviceSamples(readings, ({ isHanging }) => Number(isHanging))),
      pendingDescriptors.family(deviceSamples(readings, ({ pending }) => pending)),
    ];
  };
}

async function pendingOf(
  device: WatchedDevice,
  { registers }: LastHang,
  attemptLater: Poll['attemptLater'],
): Promise<number | undefined> {
  if (registers === undefined) {
    return undefined;
  }
  const { head, tail } = registers;
  if (tail >= head) {
    return tail - head;
  }
  // The tail has wrapped around: the distance depends on the ring size.
  const ring = await attemptLater({ device, read: 'rings' }, async () => device.txRingSize());
  return ring === undefined || ring <= head ? undefined : tail - head + ring;
}

function canReportHang(device: WatchedDevice, devices: readonly WatchedDevice[]): boolean {
  const { driver = '' } = device;
  return (
    hangingDrivers.has(driver) &&
    !(namelessDrivers.has(driver) && onlyDeviceOf(driver, devices) !== device)
  );
}
