// A program of its own, because a process cannot enter the network namespace of a test. It asks both readers of each
// device the same, also after each feature was switched, and prints one comparison a line as JSON.
import { execFileSync } from 'node:child_process';
import process from 'node:process';

import { createEthtoolCommandReader } from '../../src/host/ethtool-command.ts';
import { openDrivers } from '../../src/host/drivers.ts';
import type { EthtoolReader } from '../../src/host/host.ts';
import { createLinuxHost } from '../../src/host/linux-host.ts';
import { createRunCommand } from '../../src/host/command.ts';
import { SourceError } from '../../src/model/errors.ts';

const reads = ['driverInfo', 'statistics', 'features', 'txRingSize'] as const;
type Read = (typeof reads)[number];

/** `toggle` switches each feature of each device; a device that is named is deleted when it is known. */
const [mode, deleted] = process.argv.slice(2);

const { signal } = new AbortController();
const host = createLinuxHost(
  { paths: { procfs: '/proc', sysfs: '/sys', rootfs: '/' }, stateDirectory: '/nonexistent' },
  await openDrivers('ioctl', { signal }),
);
const byIoctl = host.ethtool;
const byCommand = createEthtoolCommandReader(createRunCommand(signal));

const devices = (await host.devices()).map(({ name }) => name);
if (deleted !== undefined) {
  execFileSync('ip', ['link', 'delete', deleted]);
}
await compare(devices, 'at first');
for (const device of mode === 'toggle' ? devices : []) {
  await toggleEach(device);
}
await compare(devices, 'in the end');

async function toggleEach(device: string): Promise<void> {
  const features = await byCommand.features(device).catch(() => []);
  for (const { name, requested } of features.filter(({ fixed }) => !fixed)) {
    for (const state of requested ? ['off', 'on'] : ['on', 'off']) {
      const isRefused = !switchFeature(device, name, state);
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
async function compare(names: readonly string[], state: string): Promise<void> {
  const changes = new Map(names.map((device) => [device, host.announcedChanges(device)]));
  const before = await answers(byCommand, names, reads);
  const ioctl = await answers(byIoctl, names, reads);
  const after = await answers(byCommand, names, ['statistics']);
  for (const [key, first] of before) {
    const [device = '', read] = key.split(' ');
    const comparison = {
      device,
      state,
      read,
      before: first,
      ioctl: ioctl.get(key),
      after: after.get(key) ?? first,
      changes: changes.get(device),
    };
    const line = JSON.stringify(comparison, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    process.stdout.write(`${line}\n`);
  }
}

/** By device and read. */
async function answers(
  reader: EthtoolReader,
  names: readonly string[],
  wanted: readonly Read[],
): Promise<ReadonlyMap<string, unknown>> {
  return new Map(
    await Promise.all(
      names.flatMap((device) =>
        wanted.map(
          async (read) => [`${device} ${read}`, await answer(reader, read, device)] as const,
        ),
      ),
    ),
  );
}

async function answer(reader: EthtoolReader, read: Read, device: string): Promise<unknown> {
  return reader[read](device).catch((error: unknown) => {
    if (error instanceof SourceError) {
      return { reason: error.reason };
    }
    throw error;
  });
}
