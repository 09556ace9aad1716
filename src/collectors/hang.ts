import { kernelEventRows } from '../catalogue/kernel-events.ts';
import type { Host } from '../host/host.ts';
import type { LastHang } from '../kernel-log/count.ts';
import type { Device } from '../model/device.ts';
import { gauge } from '../metrics/metric.ts';
import type { Metric, MetricFamily } from '../metrics/metric.ts';
import { parseInteger } from '../parsers/number.ts';
import type { Attempt } from './attempt.ts';
import { readCarrier } from './carrier.ts';
import { deviceSamples } from './device-samples.ts';
import { createHangTracker } from './hang-tracker.ts';
import type { HangTracker } from './hang-tracker.ts';

const hangActive = gauge({
  name: 'nic_hang_active',
  help: 'Whether the transmitter hangs: its last hang record is younger than 30 s, or it has sent nothing since. Only for drivers that log hangs. Source: kernel log and sysfs.',
  labels: ['device'],
});
const pendingDescriptors = gauge({
  name: 'nic_hang_pending_descriptors',
  help: 'Descriptors that waited to be sent in the last hang record, TDT minus TDH modulo the ring. Source: kernel log.',
  labels: ['device'],
});

export const hangMetrics: readonly Metric[] = [hangActive, pendingDescriptors];

/** Drivers whose hangs the kernel log tells: of all others, not to be hanging would be a guess. */
const hangingDrivers: ReadonlySet<string> = new Set(
  kernelEventRows
    .filter(({ event }) => event === 'unit_hang')
    .flatMap(({ drivers }) => drivers ?? []),
);

/** Drivers whose hang records name neither interface nor bus: with several devices nobody can tell which one hangs. */
const namelessDrivers: ReadonlySet<string> = new Set(['ixgbevf']);

export interface HangCollectorOptions {
  readonly host: Host;
  readonly attempt: Attempt;
}

/** Makes the function that tells which devices hang now, from what the kernel log said last of each. */
export function createHangFamilies({
  host,
  attempt,
}: HangCollectorOptions): (
  devices: readonly Device[],
  lastHangs: ReadonlyMap<string, LastHang>,
) => Promise<readonly MetricFamily[]> {
  const trackers = new Map<string, HangTracker>();

  const readDevice = async (device: Device, lastHang: LastHang | undefined) => {
    if (lastHang === undefined) {
      return { device, isHanging: false, pending: undefined };
    }
    const tracker = trackers.get(device.name) ?? createHangTracker();
    trackers.set(device.name, tracker);
    const carrier = await attempt({ device: device.name, read: 'sysfs' }, async () =>
      readCarrier(host, device.name),
    );
    const txPackets = attempt.now({ device: device.name, read: 'sysfs' }, () =>
      parseInteger(host.readAttribute(device.name, 'statistics/tx_packets')),
    );
    const isHanging = tracker.isHanging(lastHang.timestampSeconds, host.now().getTime() / 1000, {
      carrier,
      txPackets,
    });
    return { device, isHanging, pending: await pendingOf(device, lastHang) };
  };

  const pendingOf = async (
    { name }: Device,
    { registers }: LastHang,
  ): Promise<number | undefined> => {
    if (registers === undefined) {
      return undefined;
    }
    const { head, tail } = registers;
    if (tail >= head) {
      return tail - head;
    }
    // The tail has wrapped around: how far it is ahead depends on the size of the ring.
    const ring = await attempt({ device: name, read: 'rings' }, async () =>
      host.ethtool.txRingSize(name),
    );
    return ring === undefined || ring <= head ? undefined : tail - head + ring;
  };

  return async (devices, lastHangs) => {
    const hanging = devices.filter((device) => canTellHang(device, devices));
    const names = new Set(hanging.map(({ name }) => name));
    for (const gone of [...trackers.keys()].filter((name) => !names.has(name))) {
      trackers.delete(gone);
    }
    const readings = await Promise.all(
      hanging.map(async (device) => readDevice(device, lastHangs.get(device.name))),
    );
    return [
      hangActive.family(deviceSamples(readings, ({ isHanging }) => Number(isHanging))),
      pendingDescriptors.family(deviceSamples(readings, ({ pending }) => pending)),
    ];
  };
}

function canTellHang({ driver = '' }: Device, devices: readonly Device[]): boolean {
  return (
    hangingDrivers.has(driver) &&
    !(namelessDrivers.has(driver) && devices.filter((other) => other.driver === driver).length > 1)
  );
}
