import { once } from 'node:events';
import { setInterval } from 'node:timers';

import type { DeviceAddress } from '../host/host.ts';
import { counter, gauge } from '../metrics/metric.ts';
import type { Metric, MetricFamily } from '../metrics/metric.ts';
import type { Device } from '../model/device.ts';
import { SourceError, assertSourceError } from '../model/errors.ts';
import { tunnelLayers } from '../parsers/tunnel-packet.ts';
import { createSampler } from '../wire/sampler.ts';
import type { Sampler, SamplerState } from '../wire/sampler.ts';
import { deviceSamples } from './collector.ts';
import type { CollectorDefinition, WatchedDevice } from './collector.ts';

export const wireChecked: Metric<'device' | 'source_address'> = counter({
  name: 'nic_wire_checked_packets_total',
  help: 'Sampled packets in tunnels to this node whose checksums were verified, by the address of the node that sent them, or "other". Source: AF_PACKET.',
  labels: ['device', 'source_address'],
});
export const wireBad: Metric<'device' | 'source_address' | 'layer'> = counter({
  name: 'nic_wire_bad_packets_total',
  help: 'Those of them with a wrong checksum, in the tunnel or else in what it carries. Source: AF_PACKET.',
  labels: ['device', 'source_address', 'layer'],
});
const wireSamples = counter({
  name: 'nic_wire_samples_total',
  help: 'Samples by what they were found to be, merged packets as one; only good, bad and merged ones count as checked. Source: AF_PACKET.',
  labels: ['device', 'result'],
});
const samplingRatio = gauge({
  name: 'nic_wire_sampling_ratio',
  help: 'Share of the packets in tunnels that is sampled now. Source: the filter of the socket.',
  labels: ['device'],
});
const lastSample = gauge({
  name: 'nic_wire_last_sample_timestamp_seconds',
  help: 'When the last sample was read, in seconds since the epoch; absent before the first. Source: AF_PACKET.',
  labels: ['device'],
});
const wireUp = gauge({
  name: 'nic_wire_up',
  help: 'Whether the packets of the device are sampled: its socket is open. Source: AF_PACKET.',
  labels: ['device'],
});
const lostSamples = counter({
  name: 'nic_wire_lost_samples_total',
  help: 'Samples the kernel dropped because the queue of the socket was full. Source: PACKET_STATISTICS.',
  labels: ['device'],
});
const addressInfo = gauge({
  name: 'nic_address_info',
  help: 'An address of this node, at most 64, those of its uplinks first; 1. Source: getifaddrs.',
  labels: ['device', 'address'],
});

const readMilliseconds = 250;
const maxAddresses = 64;
/** Addresses of one link or one machine. */
const localAddress = /^(?:127\.|169\.254\.|::1$|fe[89ab])/i;

/** Verifies sampled packets, to find the nodes that send wrong checksums. */
export const wireCollector: CollectorDefinition = {
  name: 'wire',
  description: 'Checksums of sampled tunnel packets, by the node that sent them.',
  isOptIn: true,
  metrics: [
    wireChecked,
    wireBad,
    wireSamples,
    samplingRatio,
    lastSample,
    wireUp,
    lostSamples,
    addressInfo,
  ],
  create: ({ host, config, log }) => {
    const { rate, maxSources, ports } = config.wire;
    const samplers = new Map<WatchedDevice, Sampler>();
    let addresses: readonly DeviceAddress[] = [];
    let problem: string | undefined;

    const open = (device: WatchedDevice): Sampler | undefined => {
      try {
        if (host.openPacketSocket === undefined) {
          throw new SourceError('unsupported', 'packet sockets need the native module koffi');
        }
        return createSampler({
          openPacketSocket: host.openPacketSocket,
          interfaceIndex: device.interfaceIndex,
          rate,
          maxSources,
          filter: () => ({
            ports,
            addresses: addresses.map(({ address }) => address),
          }),
        });
      } catch (error) {
        assertSourceError(error);
        // One warning for all devices, until the reason changes.
        if (problem !== error.message) {
          problem = error.message;
          log.warn({ reason: problem }, 'packets are not sampled');
        }
        return undefined;
      }
    };

    const follow = (watched: readonly WatchedDevice[]): void => {
      for (const [device, sampler] of samplers) {
        if (!watched.includes(device)) {
          sampler.close();
          samplers.delete(device);
        }
      }
      for (const device of watched) {
        const sampler = samplers.get(device) ?? open(device);
        if (sampler !== undefined) {
          samplers.set(device, sampler);
        }
      }
    };

    const readAddresses = (): void => {
      const previous = addresses;
      addresses = nodeAddresses(host.addresses(), host.devices());
      if (previous.map(addressKey).join() !== addresses.map(addressKey).join()) {
        for (const sampler of samplers.values()) {
          sampler.refreshFilter();
        }
      }
    };

    return {
      run: async (signal) => {
        const timer = setInterval(() => {
          const nowSeconds = host.now().getTime() / 1000;
          for (const sampler of samplers.values()) {
            sampler.read(nowSeconds);
          }
        }, readMilliseconds);
        await once(signal, 'abort');
        clearInterval(timer);
        follow([]);
      },
      collect: ({ devices }) => {
        const watched = devices.filter(isPort);
        readAddresses();
        follow(watched);
        return [
          ...wireFamilies(
            watched.map((device) => ({ device, state: samplers.get(device)?.state() })),
          ),
          addressInfo.family(addresses.map(({ ...labels }) => ({ labels, value: 1 }))),
        ];
      },
    };
  },
};

/**
 * Packets are counted at the port: on a bond, bridge or VLAN above it they would count twice. Virtual devices are only watched
 * if --device.include names them.
 */
function isPort({ kind }: Device): boolean {
  return kind === 'physical' || kind === 'virtual';
}

/** The addresses that may be an end of a tunnel, those of uplinks first. Bridges of containers have the same on every node. */
function nodeAddresses(
  addresses: readonly DeviceAddress[],
  devices: readonly Device[],
): readonly DeviceAddress[] {
  const byName = new Map(devices.map((device) => [device.name, device]));
  const isUplink = ({ device }: DeviceAddress): boolean => byName.get(device)?.hasUplink === true;
  return addresses
    .filter((each) => !localAddress.test(each.address))
    .filter((each) => byName.get(each.device)?.kind !== 'bridge' || isUplink(each))
    .toSorted((one, other) => Number(isUplink(other)) - Number(isUplink(one)))
    .slice(0, maxAddresses);
}

function addressKey({ device, address }: DeviceAddress): string {
  return `${device} ${address}`;
}

function wireFamilies(
  readings: readonly { readonly device: Device; readonly state: SamplerState | undefined }[],
): readonly MetricFamily[] {
  const sources = readings.flatMap(({ device, state }) =>
    (state?.sources ?? []).map(({ address = 'other', ...counts }) => ({
      ...counts,
      labels: { device: device.name, source_address: address },
    })),
  );
  return [
    wireChecked.family(sources.map(({ labels, checked }) => ({ labels, value: checked }))),
    wireBad.family(
      sources.flatMap(({ labels, bad }) =>
        tunnelLayers.map((layer) => ({ labels: { ...labels, layer }, value: bad[layer] })),
      ),
    ),
    wireSamples.family(
      readings.flatMap(({ device, state }) =>
        Object.entries(state?.samples ?? {}).map(([result, value]) => ({
          labels: { device: device.name, result },
          value,
        })),
      ),
    ),
    samplingRatio.family(deviceSamples(readings, ({ state }) => state && 1 / state.oneOf)),
    lastSample.family(deviceSamples(readings, ({ state }) => state?.lastSampleTimestampSeconds)),
    wireUp.family(deviceSamples(readings, ({ state }) => Number(state !== undefined))),
    lostSamples.family(deviceSamples(readings, ({ state }) => state?.lost)),
  ];
}
