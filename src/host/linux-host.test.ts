import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { createMemoryState } from '../../test/support/recorded-host.ts';
import { createDescriptorBudget } from './descriptors.ts';
import { createEthtoolCommand } from './ethtool-command.ts';
import type { Host } from './host.ts';
import type { LinkAnnouncements } from './link-announcements.ts';
import { createLinuxHost } from './linux-host.ts';

let root = '';
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  root = mkdtempSync(join(tmpdir(), 'nicwatch-linux-host-'));
  mkdirSync(join(root, 'class/net'), { recursive: true });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(root, { recursive: true });
});

function addDevice(name: string, interfaceIndex: number): void {
  const path = join(root, 'class/net', name);
  mkdirSync(join(path, 'statistics'), { recursive: true });
  writeFileSync(join(path, 'ifindex'), `${interfaceIndex}\n`);
  writeFileSync(join(path, 'uevent'), `INTERFACE=${name}\n`);
  writeFileSync(join(path, 'statistics/rx_packets'), '7\n');
  writeFileSync(join(path, 'statistics/tx_packets'), '9\n');
}

function hostOf(sysfs: string, linkAnnouncements?: LinkAnnouncements): Host {
  return createLinuxHost(
    { paths: { procfs: '/proc', sysfs, rootfs: '/' } },
    {
      reader: 'command',
      openEthtool: createEthtoolCommand(async () => ({ exitCode: 0, stdout: '', stderr: '' })),
      linkAnnouncements,
      waitReadable: undefined,
      descriptors: createDescriptorBudget(0),
      state: createMemoryState(),
      offloadState: createMemoryState(),
    },
  );
}

function namesOf(host: Host): readonly string[] {
  return host.devices().map(({ name }) => name);
}

describe('devices()', () => {
  test('are listed again after 500 ms if changes are not announced', () => {
    addDevice('eth0', 2);
    const host = hostOf(root);
    expect(namesOf(host)).toEqual(['eth0']);
    addDevice('eth1', 3);
    vi.advanceTimersByTime(499);
    expect(namesOf(host)).toEqual(['eth0']);
    vi.advanceTimersByTime(1);
    expect(namesOf(host)).toEqual(['eth0', 'eth1']);
  });

  test('are listed again at once after an announcement, otherwise after 5 s', () => {
    addDevice('eth0', 2);
    let announced = 0;
    const host = hostOf(root, { read: () => announced, generation: () => announced });
    expect(namesOf(host)).toEqual(['eth0']);
    renameSync(join(root, 'class/net/eth0'), join(root, 'class/net/lan0'));
    expect(namesOf(host)).toEqual(['eth0']);
    announced += 1;
    expect(namesOf(host)).toEqual(['lan0']);
    addDevice('eth1', 3);
    vi.advanceTimersByTime(4999);
    expect(namesOf(host)).toEqual(['lan0']);
    vi.advanceTimersByTime(1);
    expect(namesOf(host)).toEqual(['eth1', 'lan0']);
  });

  test('are listed again after an announcement during the listing', () => {
    let announced = 0;
    const host = hostOf(root, {
      read: () => {
        announced += 1;
        return announced;
      },
      generation: () => announced,
    });
    host.devices();
    addDevice('eth0', 2);
    expect(namesOf(host)).toEqual(['eth0']);
  });

  test('have their own generation', () => {
    addDevice('eth0', 2);
    addDevice('eth1', 3);
    const host = hostOf(root, { read: () => 1, generation: (index) => index * 100 });
    expect(host.devices().map(({ generation }) => generation)).toEqual([200, 300]);
    expect(
      hostOf(root)
        .devices()
        .map(({ generation }) => generation),
    ).toEqual([undefined, undefined]);
  });

  test('disappear and return with sysfs', () => {
    addDevice('eth0', 2);
    const host = hostOf(root);
    host.devices();
    renameSync(join(root, 'class'), join(root, 'unmounted'));
    vi.advanceTimersByTime(500);
    expect(() => host.devices()).toThrow(expect.objectContaining({ reason: 'absent' }));
    expect(() => host.devices()).toThrow(expect.objectContaining({ reason: 'absent' }));
    renameSync(join(root, 'unmounted'), join(root, 'class'));
    expect(namesOf(host)).toEqual(['eth0']);
  });
});

describe('packetCounters()', () => {
  test('are read for all devices at once if sysfs shows this network namespace', async () => {
    const host = hostOf('/sys');
    const lo = host.devices().find(({ name }) => name === 'lo');
    const table = await host.packetCounters();
    const own = await lo?.packetCounters();
    expect(lo && table?.get(lo)?.rxPackets).toBeTypeOf('number');
    // Both are of the same device; others may send in between.
    expect(own?.rxPackets).toBeGreaterThanOrEqual((lo && table?.get(lo)?.rxPackets) ?? Infinity);
  });

  test('are read for each device if sysfs shows another namespace', async () => {
    addDevice('lo', 1);
    const host = hostOf(root);
    const [lo] = host.devices();
    expect(await host.packetCounters()).toBeUndefined();
    expect(await lo?.packetCounters()).toEqual({ rxPackets: 7, txPackets: 9 });
  });
});
