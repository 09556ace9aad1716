import { readFileSync } from 'node:fs';

import { parseTree } from '../scripts/file-tree.mjs';
import { emptyHost } from './empty-host.ts';
import type { Host, NetworkDevice } from '../src/host/host.ts';
import type { Device, Feature, PacketCounters } from '../src/model/device.ts';
import { SourceError } from '../src/model/errors.ts';
import type { KernelLogBatch } from '../src/model/kernel-record.ts';
import { createSimulatedLog } from './simulated-log.ts';

/** A host with many changes, in simulated time. */
export interface SimulatedHost {
  readonly host: Host;
  /** Advances the simulated time: counters increase, devices are replaced, the kernel logs. */
  advance(milliseconds: number): void;
}

/** Permanent NICs, and tunnels of containers. */
const [nicCount, tunnelCount] = [12, 8];
/** Steps after which a tunnel is replaced by one with a new name. */
const tunnelSteps = 7;
/** Steps after which a NIC is replugged and gets the next interface index. */
const replugSteps = 101;
/** Steps after which a NIC changes its queues and so its statistics. */
const requeueSteps = 997;
const recordingFile = 'test/hosts/debian-6.12.95-qemu/recording.txt';
const startedAt = new Date('2026-01-01T00:00:00Z').getTime();
const bootedSecondsBefore = 1000;

/** Makes a host of 20 devices that change with each call of {@link SimulatedHost.advance}. */
export function createSimulatedHost(): SimulatedHost {
  let step = 0;
  let now = startedAt;
  let lastIndex = 1;
  const log = createSimulatedLog(bootedSecondsBefore * 1000);
  const recording = parseTree(readFileSync(recordingFile, 'utf8'));
  const files = new Map(
    [
      '/proc/net/snmp',
      '/proc/net/snmp6',
      '/proc/net/netstat',
      '/proc/sys/kernel/random/boot_id',
    ].map((path) => [
      path,
      String(recording.find((entry) => `/${entry.path}` === path)?.content ?? ''),
    ]),
  );
  files.set('/proc/stat', `cpu 1 2 3\nbtime ${startedAt / 1000 - bootedSecondsBefore}\n`);

  const fileAt = (path: string): string => {
    const content = files.get(path);
    if (content === undefined) {
      throw new SourceError('absent', `there is no ${JSON.stringify(path)}`);
    }
    return content;
  };

  const plugNic = (number: number, queues = 4): NetworkDevice => {
    lastIndex += 1;
    return simulatedDevice(nicOf(number, lastIndex), { queues, bornAtStep: step, now: () => step });
  };
  const addTunnel = (): NetworkDevice => {
    lastIndex += 1;
    return simulatedDevice(tunnelOf(lastIndex), { queues: 1, bornAtStep: step, now: () => step });
  };
  const present = [
    ...Array.from({ length: nicCount }, (_, number) => plugNic(number)),
    ...Array.from({ length: tunnelCount }, addTunnel),
  ];

  const host: Host = {
    ...emptyHost,
    devices: () => [...present],
    packetCounters: async () =>
      new Map(
        await Promise.all(
          present.map(async (device) => [device, await device.packetCounters()] as const),
        ),
      ),
    readFile: async (path) => fileAt(path),
    readProcNet: (name) => fileAt(`/proc/net/${name}`),
    ethtoolReader: 'ioctl',
    kernelLog: (_source, { signal }): AsyncIterable<KernelLogBatch> => log.follow(signal),
    now: () => new Date(now),
  };

  return {
    host,
    advance: (milliseconds) => {
      step += 1;
      now += milliseconds;
      if (step % tunnelSteps === 0) {
        present[nicCount + ((step / tunnelSteps) % tunnelCount)] = addTunnel();
      }
      if (step % replugSteps === 0) {
        const number = (step / replugSteps) % nicCount;
        present[number] = plugNic(number);
      }
      if (step % requeueSteps === 0) {
        const number = (step / requeueSteps) % nicCount;
        present[number] = plugNic(number, 2 + (step % 5));
      }
      log.advance(milliseconds, present);
    },
  };
}

function nicOf(number: number, interfaceIndex: number): Device {
  return {
    name: `enp${number}s0`,
    kind: 'physical',
    driver: 'e1000e',
    busAddress: `0000:${number.toString(16).padStart(2, '0')}:00.0`,
    pciId: undefined,
    interfaceIndex,
    hasUplink: true,
  };
}

function tunnelOf(interfaceIndex: number): Device {
  return {
    name: `vx${interfaceIndex}`,
    kind: 'vxlan',
    driver: 'vxlan',
    busAddress: undefined,
    pciId: undefined,
    interfaceIndex,
    hasUplink: false,
  };
}

interface SimulatedDeviceOptions {
  readonly queues: number;
  readonly bornAtStep: number;
  /** The current step. */
  readonly now: () => number;
}

/** Makes the handle of a device whose counters count steps. */
function simulatedDevice(
  device: Device,
  { queues, bornAtStep, now }: SimulatedDeviceOptions,
): NetworkDevice {
  const age = (): number => now() - bornAtStep;
  const packets = (): number => age() * 17;
  const statisticNames = [
    'rx_packets',
    'tx_packets',
    'rx_csum_offload_errors',
    'rx_missed_errors',
    'tx_restart_queue',
    ...Array.from({ length: queues }, (_, queue) => `rx_queue_${queue}_packets`),
  ];
  return {
    ...device,
    generation: undefined,
    attribute: (path) => {
      switch (path.slice(path.lastIndexOf('/') + 1)) {
        case 'limit':
          return '1\n';
        case 'carrier_changes':
          return `${Math.floor(packets() / 1000)}\n`;
        default:
          return '0\n';
      }
    },
    attributeNames: () =>
      ['rx', 'tx'].flatMap((direction) =>
        Array.from({ length: queues }, (_, queue) => `${direction}-${queue}`),
      ),
    readAttribute: async (name) => {
      if (name === 'carrier') {
        return '1\n';
      }
      if (device.kind !== 'physical') {
        throw new SourceError('unsupported', `cannot read ${JSON.stringify(name)}: EINVAL`);
      }
      return '10000\n';
    },
    packetCounters: async (): Promise<PacketCounters> => ({
      rxPackets: packets(),
      txPackets: packets(),
    }),
    transmitLosses: async () => 0,
    driverInfo: async () => ({
      driver: device.driver,
      version: '6.12.95',
      firmwareVersion: `0.${device.interfaceIndex}`,
      busAddress: device.busAddress,
      pciId: undefined,
    }),
    statistics: async () => ({
      names: statisticNames,
      values: BigUint64Array.from(statisticNames, () => BigInt(age() * 31)),
    }),
    features: async () => featuresOf(device, now()),
    txRingSize: async () => queues * 64,
  };
}

function featuresOf({ interfaceIndex }: Device, step: number): readonly Feature[] {
  return [
    'rx-checksumming',
    'tx-checksumming',
    'tcp-segmentation-offload',
    'generic-receive-offload',
  ].map((name, index) => {
    const enabled = (step + interfaceIndex + index) % 50 !== 0;
    return { name, enabled, requested: true, fixed: false };
  });
}
