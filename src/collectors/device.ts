import type { Host } from '../host/host.ts';
import type { Device } from '../model/device.ts';
import type { DriverInfo } from '../model/driver-info.ts';
import { counter, gauge } from '../metrics/metric.ts';
import { parseLinkSpeed } from '../parsers/link-speed.ts';
import { parseInteger } from '../parsers/number.ts';
import { createAttempt } from './attempt.ts';
import type { Attempt } from './attempt.ts';
import { readCarrier } from './carrier.ts';
import type { CollectorDefinition } from './collector.ts';
import { deviceSamples } from './device-samples.ts';
import { createDriverInfoMemory, rememberedSeconds } from './driver-info.ts';
import type { DriverInfoMemory } from './driver-info.ts';
import { createWatchedDevices } from './watched-devices.ts';

const deviceInfoMetric = gauge({
  name: 'nic_device_info',
  help: 'Identity of the device, constant 1. Source: ethtool -i and sysfs.',
  labels: ['device', 'kind', 'driver', 'driver_version', 'firmware_version', 'bus_address'],
});
const linkUpMetric = gauge({
  name: 'nic_link_up',
  help: 'Whether the link has carrier; 0 also when administratively down. Source: sysfs carrier.',
  labels: ['device'],
});
const carrierChangesMetric = counter({
  name: 'nic_carrier_changes_total',
  help: 'Times the carrier came or went. Source: sysfs carrier_changes.',
  labels: ['device'],
});
const linkSpeedMetric = gauge({
  name: 'nic_link_speed_bits_per_second',
  help: 'Speed of the link; absent when unknown. Source: sysfs speed.',
  labels: ['device'],
});
const rxPacketsMetric = counter({
  name: 'nic_rx_packets_total',
  help: 'Packets received. Source: sysfs statistics/rx_packets.',
  labels: ['device'],
});
const txPacketsMetric = counter({
  name: 'nic_tx_packets_total',
  help: 'Packets transmitted. Source: sysfs statistics/tx_packets.',
  labels: ['device'],
});

/** Who a device is, its link and its traffic. */
export const deviceCollector: CollectorDefinition = {
  name: 'device',
  description: 'Driver, firmware, link and packets of each device.',
  metrics: [
    deviceInfoMetric,
    linkUpMetric,
    carrierChangesMetric,
    linkSpeedMetric,
    rxPacketsMetric,
    txPacketsMetric,
  ],
  create: ({ host, config, report }) => {
    const attempt = createAttempt(report);
    const watchedDevices = createWatchedDevices(host, config);
    const driverInfos = createDriverInfoMemory({ host, attempt, report });
    /** By interface index. */
    let readings: ReadonlyMap<number, DeviceReading> = new Map();

    return {
      collect: async () => {
        const devices = await watchedDevices();
        driverInfos.keep(devices);
        const current = await Promise.all(
          devices.map(async (device) =>
            readDevice(device, readings.get(device.interfaceIndex), {
              host,
              attempt,
              driverInfos,
            }),
          ),
        );
        readings = new Map(current.map((reading) => [reading.device.interfaceIndex, reading]));
        return [
          deviceInfoMetric.family(
            current.map(({ device, driverInfo }) => ({
              labels: identityLabels(device, driverInfo),
              value: 1,
            })),
          ),
          linkUpMetric.family(deviceSamples(current, ({ link }) => link?.carrier)),
          carrierChangesMetric.family(deviceSamples(current, (reading) => reading.carrierChanges)),
          linkSpeedMetric.family(deviceSamples(current, ({ link }) => link?.speedBitsPerSecond)),
          rxPacketsMetric.family(deviceSamples(current, (reading) => reading.rxPackets)),
          txPacketsMetric.family(deviceSamples(current, (reading) => reading.txPackets)),
        ];
      },
    };
  },
};

interface DeviceReading {
  readonly device: Device;
  readonly driverInfo: DriverInfo | undefined;
  readonly link: Link | undefined;
  readonly carrierChanges: number | undefined;
  readonly rxPackets: number | undefined;
  readonly txPackets: number | undefined;
}

interface Link {
  readonly readAtSeconds: number;
  /** What tells, without waiting for a lock, that the link is the same as when it was read. */
  readonly sign: string;
  readonly carrier: number | undefined;
  readonly speedBitsPerSecond: number | undefined;
}

interface Reader {
  readonly host: Host;
  readonly attempt: Attempt;
  readonly driverInfos: DriverInfoMemory;
}

async function readDevice(
  device: Device,
  before: DeviceReading | undefined,
  reader: Reader,
): Promise<DeviceReading> {
  const { host, attempt, driverInfos } = reader;
  const attribute = (name: string): number | undefined =>
    attempt.now({ device: device.name, read: 'sysfs' }, () =>
      parseInteger(host.readAttribute(device.name, name)),
    );
  const carrierChanges = attribute('carrier_changes');
  const rxPackets = attribute('statistics/rx_packets');
  const txPackets = attribute('statistics/tx_packets');
  const sign = linkSign(device, carrierChanges, reader);
  const recentInfo = driverInfos.recent(device);
  const keptLink = isLinkUnchanged(before?.link, sign, host) ? before?.link : undefined;
  // Most of the time there is nothing to wait for.
  const [driverInfo, link] =
    recentInfo !== undefined && keptLink !== undefined
      ? [recentInfo, keptLink]
      : await Promise.all([
          recentInfo ?? driverInfos.read(device),
          keptLink ?? readLink(device, sign, reader),
        ]);
  return { device, driverInfo, link, carrierChanges, rxPackets, txPackets };
}

/**
 * The kernel takes the lock that a NIC in trouble holds to tell carrier and speed. It counts changes of the carrier and
 * shows the flags without it, so both are read only when one of these has changed.
 */
function linkSign(
  { name }: Device,
  carrierChanges: number | undefined,
  { host, attempt }: Reader,
): string {
  const flags = attempt.now({ device: name, read: 'sysfs' }, () =>
    host.readAttribute(name, 'flags').trim(),
  );
  return `${carrierChanges} ${flags}`;
}

function isLinkUnchanged(before: Link | undefined, sign: string, host: Host): boolean {
  return (
    before?.carrier !== undefined &&
    before.sign === sign &&
    host.now().getTime() / 1000 - before.readAtSeconds < rememberedSeconds
  );
}

async function readLink({ name }: Device, sign: string, { host, attempt }: Reader): Promise<Link> {
  const readAtSeconds = host.now().getTime() / 1000;
  const [carrier, speedBitsPerSecond] = await Promise.all([
    attempt({ device: name, read: 'sysfs' }, async () => readCarrier(host, name)),
    attempt({ device: name, read: 'sysfs' }, async () =>
      parseLinkSpeed(await host.readFile(`/sys/class/net/${name}/speed`)),
    ),
  ]);
  return { readAtSeconds, sign, carrier, speedBitsPerSecond };
}

function identityLabels(
  device: Device,
  driverInfo: DriverInfo | undefined,
): Record<(typeof deviceInfoMetric.labels)[number], string> {
  return {
    device: device.name,
    kind: device.kind,
    driver: driverInfo?.driver ?? device.driver ?? '',
    driver_version: driverInfo?.version ?? '',
    firmware_version: driverInfo?.firmwareVersion ?? '',
    bus_address: driverInfo?.busAddress ?? device.busAddress ?? '',
  };
}
