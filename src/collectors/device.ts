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
import { watchedDevices } from './watched-devices.ts';

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
    /** By interface index: a device stuck in its driver keeps the identity it had. */
    let identities: ReadonlyMap<number, DriverInfo | undefined> = new Map();

    return {
      collect: async () => {
        const devices = await watchedDevices(host, config);
        const readings = await Promise.all(
          devices.map((device) => readDevice(host, device, attempt)),
        );
        identities = new Map(
          readings.map(({ device: { interfaceIndex }, driverInfo }) => [
            interfaceIndex,
            driverInfo ?? identities.get(interfaceIndex),
          ]),
        );
        return [
          deviceInfoMetric.family(
            devices.map((device) => ({
              labels: identityLabels(device, identities.get(device.interfaceIndex)),
              value: 1,
            })),
          ),
          linkUpMetric.family(deviceSamples(readings, (reading) => reading.carrier)),
          carrierChangesMetric.family(deviceSamples(readings, (reading) => reading.carrierChanges)),
          linkSpeedMetric.family(deviceSamples(readings, (reading) => reading.speedBitsPerSecond)),
          rxPacketsMetric.family(deviceSamples(readings, (reading) => reading.rxPackets)),
          txPacketsMetric.family(deviceSamples(readings, (reading) => reading.txPackets)),
        ];
      },
    };
  },
};

interface DeviceReading {
  readonly device: Device;
  readonly driverInfo: DriverInfo | undefined;
  readonly carrier: number | undefined;
  readonly carrierChanges: number | undefined;
  readonly speedBitsPerSecond: number | undefined;
  readonly rxPackets: number | undefined;
  readonly txPackets: number | undefined;
}

async function readDevice(host: Host, device: Device, attempt: Attempt): Promise<DeviceReading> {
  const attribute = async <Value>(
    name: string,
    parse: (text: string) => Value,
  ): Promise<Value | undefined> =>
    attempt({ device: device.name, read: 'sysfs' }, async () =>
      parse(await host.readFile(`/sys/class/net/${device.name}/${name}`)),
    );
  const [driverInfo, carrier, carrierChanges, speedBitsPerSecond, rxPackets, txPackets] =
    await Promise.all([
      attempt({ device: device.name, read: 'driver_info' }, async () =>
        host.ethtool.driverInfo(device.name),
      ),
      attempt({ device: device.name, read: 'sysfs' }, async () => readCarrier(host, device.name)),
      attribute('carrier_changes', parseInteger),
      attribute('speed', parseLinkSpeed),
      attribute('statistics/rx_packets', parseInteger),
      attribute('statistics/tx_packets', parseInteger),
    ]);
  return { device, driverInfo, carrier, carrierChanges, speedBitsPerSecond, rxPackets, txPackets };
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
