// A program of its own, because a process cannot enter the network namespace of a test. It asks both readers of each
// device the same, also after each feature was switched, and prints one comparison a line as JSON.
import { execFileSync } from 'node:child_process';
import process from 'node:process';

import { createDescriptorBudget } from '../../src/host/descriptors.ts';
import { openDrivers } from '../../src/host/drivers.ts';
import { createEthtoolCommand } from '../../src/host/ethtool-command.ts';
import type { EthtoolReads } from '../../src/host/host.ts';
import { createLinuxHost } from '../../src/host/linux-host.ts';
import { createMemoryState } from './recorded-host.ts';
import { createRunCommand } from '../../src/host/command.ts';
import { SourceError } from '../../src/model/errors.ts';
import { statisticList } from './statistics.ts';

const reads = ['driverInfo', 'statistics', 'features', 'txRingSize'] as const;
type Read = (typeof reads)[number];

/** A device, and both readers of it. */
interface ReadDevice {
  readonly name: string;
  readonly byIoctl: EthtoolReads;
  readonly byCommand: EthtoolReads;
  readonly generation: () => number | undefined;
}

/** `toggle` switches each feature of each device; a device that is named is deleted when it is known. */
const [mode, deleted] = process.argv.slice(2);

const { signal } = new AbortController();
const host = createLinuxHost(
  { paths: { procfs: '/proc', sysfs: '/sys', rootfs: '/' } },
  {
    ...(await openDrivers('ioctl', { signal })),
    descriptors: createDescriptorBudget(0),
    state: createMemoryState(),
    offloadState: createMemoryState(),
  },
);
const openByCommand = createEthtoolCommand(createRunCommand(signal));

const devices = host.devices().map((device): ReadDevice => {
  const rawName = Buffer.from(device.name);
  return {
    name: device.name,
    byIoctl: device,
    byCommand: openByCommand(() => ({ device, rawName })),
    generation: () => device.generation,
  };
});
if (deleted !== undefined) {
  execFileSync('ip', ['link', 'delete', deleted]);
}
await compare(devices, 'at first');
for (const device of mode === 'toggle' ? devices : []) {
  await toggleEach(device);
}
await compare(devices, 'in the end');

async function toggleEach(device: ReadDevice): Promise<void> {
  const features = await device.byCommand.features().catch(() => []);
  for (const { name, requested } of features.filter(({ fixed }) => !fixed)) {
    for (const state of requested ? ['off', 'on'] : ['on', 'off']) {
      const isRefused = !switchFeature(device.name, name, state);
      await compare([device], `${name} ${state}${isRefused ? ', refused' : ''}`);
    }
  }
}

function switchFeature(device: string, feature: string, state: string): boolean {
  try {
    execFileSync('ethtool', ['-K', device, feature, state], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Asks everything at once of one reader, and then of the other: its counters must lie between two answers of the first. */
async function compare(compared: readonly ReadDevice[], state: string): Promise<void> {
  // What was announced is read when the devices are listed.
  host.devices();
  const generations = new Map(compared.map(({ name, generation }) => [name, generation()]));
  const before = await answers('byCommand', compared, reads);
  const ioctl = await answers('byIoctl', compared, reads);
  const after = await answers('byCommand', compared, ['statistics']);
  for (const [key, first] of before) {
    const [device = '', read] = key.split(' ');
    const comparison = {
      device,
      state,
      read,
      before: first,
      ioctl: ioctl.get(key),
      after: after.get(key) ?? first,
      generation: generations.get(device),
    };
    const line = JSON.stringify(comparison, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    process.stdout.write(`${line}\n`);
  }
}

/** By device and read. */
async function answers(
  reader: 'byIoctl' | 'byCommand',
  asked: readonly ReadDevice[],
  wanted: readonly Read[],
): Promise<ReadonlyMap<string, unknown>> {
  return new Map(
    await Promise.all(
      asked.flatMap((device) =>
        wanted.map(
          async (read) => [`${device.name} ${read}`, await answer(device[reader], read)] as const,
        ),
      ),
    ),
  );
}

async function answer(reader: EthtoolReads, read: Read): Promise<unknown> {
  try {
    return read === 'statistics' ? statisticList(await reader.statistics()) : await reader[read]();
  } catch (error) {
    if (error instanceof SourceError) {
      return { reason: error.reason };
    }
    throw error;
  }
}
