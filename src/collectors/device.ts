import type { Device, DriverInfo } from '../model/device.ts';
import { memoizeByObject, memoizeLast } from '../model/memoize.ts';
import { counter, gauge } from '../metrics/metric.ts';
import type { Metric } from '../metrics/metric.ts';
import { parseInteger, parseLinkSpeed } from '../parsers/number.ts';
import { carrierOf } from './carrier.ts';
import type { CollectorDefinition, Poll, WatchedDevice } from './collector.ts';
import { deviceSamples } from './collector.ts';

const infoLabelNames = [
  'device',
  'kind',
  'driver',
  'driver_version',
  'firmware_version',
  'bus_address',
  'pci_id',
] as const;
type InfoLabel = (typeof infoLabelNames)[number];

export const deviceInfoMetric: Metric<InfoLabel> = gauge({
  name: 'nic_device_info',
  help: 'Identity of the device, constant 1; pci_id is vendor:device, empty for devices that are not on PCI. Source: ethtool -i and sysfs.',
  labels: infoLabelNames,
});
export const linkUpMetric: Metric<'device'> = gauge({
  name: 'nic_link_up',
  help: 'Whether the link has carrier; 0 also when administratively down. Source: sysfs carrier.',
  labels: ['device'],
});
export const carrierChangesMetric: Metric<'device'> = counter({
  name: 'nic_carrier_changes_total',
  help: 'Times the carrier came or went. Source: sysfs carrier_changes.',
  labels: ['device'],
});
export const linkSpeedMetric: Metric<'device'> = gauge({
  name: 'nic_link_speed_bytes_per_second',
  help: 'Speed of the link; absent when unknown, and without carrier. Source: sysfs speed.',
  labels: ['device'],
});
export const rxPacketsMetric: Metric<'device'> = counter({
  name: 'nic_rx_packets_total',
  help: 'Packets received. Source: sysfs statistics/rx_packets.',
  labels: ['device'],
});
export const txPacketsMetric: Metric<'device'> = counter({
  name: 'nic_tx_packets_total',
  help: 'Packets transmitted. Source: sysfs statistics/tx_packets.',
  labels: ['device'],
});

/** Identity, link and traffic of each device. */
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
  create: () => {
    const infoSample = memoizeByObject((device: WatchedDevice) =>
      memoizeLast((_name: string, driverInfo: DriverInfo | undefined) => ({
        labels: infoLabels(device, driverInfo),
        value: 1,
      })),
    );
    return {
      collect: (poll) => {
        const readings = poll.devices.map((device) => readDevice(device, poll));
        return [
          deviceInfoMetric.family(
            poll.devices.map((device) => infoSample(device)(device.name, poll.driverInfo(device))),
          ),
          linkUpMetric.family(deviceSamples(readings, ({ carrier }) => carrier)),
          carrierChangesMetric.family(deviceSamples(readings, (reading) => reading.carrierChanges)),
          linkSpeedMetric.family(deviceSamples(readings, (reading) => reading.speedBytesPerSecond)),
          rxPacketsMetric.family(deviceSamples(readings, ({ packets }) => packets?.rxPackets)),
          txPacketsMetric.family(deviceSamples(readings, ({ packets }) => packets?.txPackets)),
        ];
      },
    };
  },
};

function readDevice(device: WatchedDevice, { attempt }: Poll) {
  const subject = { device, read: 'sysfs' } as const;
  const carrier = attempt(subject, () => carrierOf(device));
  return {
    device,
    carrier,
    carrierChanges: attempt(subject, () => parseInteger(device.carrierChanges())),
    // Without carrier some drivers report the last speed, or their maximum.
    speedBytesPerSecond:
      carrier === 1 ? attempt(subject, () => parseLinkSpeed(device.speed())) : undefined,
    packets: attempt(subject, device.packetCounters),
  };
}

function infoLabels(
  device: Device,
  driverInfo: DriverInfo | undefined,
): Readonly<Record<InfoLabel, string>> {
  return {
    device: device.name,
    kind: device.kind,
    driver: driverInfo?.driver ?? device.driver ?? '',
    driver_version: driverInfo?.version ?? '',
    firmware_version: driverInfo?.firmwareVersion ?? '',
    bus_address: driverInfo?.busAddress ?? device.busAddress ?? '',
    pci_id: device.pciId ?? '',
  };
}
