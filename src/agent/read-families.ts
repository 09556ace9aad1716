import type { DeviceRead, WatchedDevice } from '../collectors/collector.ts';
import { gauge } from '../metrics/metric.ts';
import type { Metric, MetricFamily } from '../metrics/metric.ts';
import { SourceError } from '../model/errors.ts';
import type { Failures } from './poll.ts';

export const readSuccess: Metric<'device' | 'read'> = gauge({
  name: 'nicwatch_device_read_success',
  help: 'Whether the device could be read at the last poll; reads of sysfs and of ring sizes are listed only while they fail.',
  labels: ['device', 'read'],
});
export const readStuck: Metric<'device' | 'read'> = gauge({
  name: 'nicwatch_device_read_stuck',
  help: 'Whether a read of the device has timed out; it is not repeated while it is in flight.',
  labels: ['device', 'read'],
});

export const readMetrics: readonly Metric[] = [readSuccess, readStuck];

/** Exports the status of the device reads of a poll. */
export type ReadFamilies = (
  devices: readonly WatchedDevice[],
  failures: Failures,
) => readonly MetricFamily[];

/**
 * Creates the function that exports the status of reads.
 *
 * @param readsOf the reads attempted on a device: the same array until another is added
 */
export function createReadFamilies(
  readsOf: (device: WatchedDevice) => readonly DeviceRead[],
): ReadFamilies {
  let last:
    | { devices: readonly WatchedDevice[]; attempted: ReturnType<typeof readsOf>[] }
    | undefined;
  let families: readonly MetricFamily[] = [];
  return (devices, failures) => {
    const attempted = devices.map(readsOf);
    // The families are reused while all reads succeed, which is the usual case.
    const isSame =
      failures.size === 0 &&
      last?.devices === devices &&
      attempted.every((reads, index) => reads === last?.attempted[index]);
    if (!isSame) {
      const reads = devices.flatMap((device, index) =>
        deviceReads(device.name, attempted[index] ?? [], failures.get(device.name)),
      );
      families = [
        readSuccess.family(reads.map(({ labels, failed }) => ({ labels, value: Number(!failed) }))),
        readStuck.family(reads.map(({ labels, stuck }) => ({ labels, value: Number(stuck) }))),
      ];
      last = failures.size === 0 ? { devices, attempted } : undefined;
    }
    return families;
  };
}

interface DeviceReadState {
  readonly labels: { readonly device: string; readonly read: DeviceRead };
  readonly failed: boolean;
  readonly stuck: boolean;
}

/** Exported only while they fail, which saves two series per device. */
const failureOnlyReads: readonly DeviceRead[] = ['rings', 'sysfs'];

function deviceReads(
  device: string,
  attempted: readonly DeviceRead[],
  failed: ReturnType<Failures['get']>,
): readonly DeviceReadState[] {
  const others = failed === undefined ? [] : failureOnlyReads.filter((read) => failed.has(read));
  return [...attempted, ...others].map((read) => {
    const error = failed?.get(read);
    return {
      labels: { device, read },
      failed: error !== undefined,
      stuck: error instanceof SourceError && error.reason === 'timeout',
    };
  });
}
