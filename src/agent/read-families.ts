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
  help: 'Whether a read of the device has not come back in time; it is not repeated while it is in flight.',
  labels: ['device', 'read'],
});

export const readMetrics: readonly Metric[] = [readSuccess, readStuck];

/** Tells how the reads of the devices of a poll went. */
export type ReadFamilies = (
  devices: readonly WatchedDevice[],
  failures: Failures,
) => readonly MetricFamily[];

/**
 * Makes the function that tells how reads went.
 *
 * @param readsOf which reads of a device were made: the same array until there are more
 */
export function createReadFamilies(
  readsOf: (device: WatchedDevice) => readonly DeviceRead[],
): ReadFamilies {
  let last: { devices: readonly WatchedDevice[]; made: ReturnType<typeof readsOf>[] } | undefined;
  let families: readonly MetricFamily[] = [];
  return (devices, failures) => {
    const made = devices.map(readsOf);
    // Most of the time all went well, as before: then nothing is made anew.
    const isSame =
      failures.size === 0 &&
      last?.devices === devices &&
      made.every((reads, index) => reads === last?.made[index]);
    if (!isSame) {
      const reads = devices.flatMap((device, index) =>
        deviceReads(device.name, made[index] ?? [], failures.get(device.name)),
      );
      families = [
        readSuccess.family(reads.map(({ labels, failed }) => ({ labels, value: Number(!failed) }))),
        readStuck.family(reads.map(({ labels, stuck }) => ({ labels, value: Number(stuck) }))),
      ];
      last = failures.size === 0 ? { devices, made } : undefined;
    }
    return families;
  };
}

interface DeviceReadState {
  readonly labels: { readonly device: string; readonly read: DeviceRead };
  readonly failed: boolean;
  readonly stuck: boolean;
}

/** Made of many small reads, or seldom: two series for each device pay only while one fails. */
const quietReads: readonly DeviceRead[] = ['rings', 'sysfs'];

function deviceReads(
  device: string,
  made: readonly DeviceRead[],
  failed: ReturnType<Failures['get']>,
): readonly DeviceReadState[] {
  const quiet = failed === undefined ? [] : quietReads.filter((read) => failed.has(read));
  return [...made, ...quiet].map((read) => {
    const error = failed?.get(read);
    return {
      labels: { device, read },
      failed: error !== undefined,
      stuck: error instanceof SourceError && error.reason === 'timeout',
    };
  });
}
