import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { Device } from '../model/device.ts';
import { createDescriptorBudget } from './descriptors.ts';
import { createDeviceLister } from './devices.ts';
import { createLinuxDevice } from './linux-device.ts';
import type { LinuxDevice } from './linux-device.ts';

let sysfs = '';
beforeEach(() => {
  sysfs = mkdtempSync(join(tmpdir(), 'nicwatch-devices-'));
  mkdirSync(join(sysfs, 'class/net'), { recursive: true });
});
afterEach(() => {
  rmSync(sysfs, { recursive: true });
});

interface FakeDevice {
  readonly index: number;
  readonly type?: string;
  readonly bus?: string;
  /** What its parent's files `vendor` and `device` say. */
  readonly ids?: Readonly<Partial<Record<'vendor' | 'device', string>>>;
  readonly lower?: readonly string[];
}

/** Creates a device as in sysfs; the name may contain any byte. */
function addDevice(
  name: string | Buffer,
  { index, type, bus, ids = {}, lower = [] }: FakeDevice,
): void {
  const path = (...parts: readonly string[]): Buffer =>
    Buffer.concat([
      Buffer.from(`${sysfs}/class/net/`),
      Buffer.from(name),
      Buffer.from(parts.join('')),
    ]);
  mkdirSync(path());
  writeFileSync(path('/ifindex'), `${index}\n`);
  writeFileSync(
    path('/uevent'),
    `${type === undefined ? '' : `DEVTYPE=${type}\n`}IFINDEX=${index}\n`,
  );
  for (const below of lower) {
    symlinkSync(`../${below}`, path(`/lower_${below}`));
  }
  if (bus !== undefined) {
    mkdirSync(join(sysfs, 'devices', bus), { recursive: true });
    symlinkSync('../../bus/pci/drivers/igb', join(sysfs, 'devices', bus, 'driver'));
    symlinkSync(`../../../devices/${bus}`, path('/device'));
    for (const [file, text] of Object.entries(ids)) {
      writeFileSync(join(sysfs, 'devices', bus, file), text);
    }
  }
}

async function unread(): Promise<never> {
  throw new Error('not here');
}

/** The lister of the devices, with the names of those whose handles it has made and closed. */
function lister(directory = `${sysfs}/class/net/`) {
  const made: string[] = [];
  const closed: string[] = [];
  const list = createDeviceLister(Buffer.from(directory), (identity) => {
    const device = createLinuxDevice(identity, {
      directory: Buffer.from(directory),
      descriptors: createDescriptorBudget(0),
      openEthtool: () => ({
        driverInfo: unread,
        statistics: unread,
        features: unread,
        txRingSize: unread,
      }),
      generation: () => undefined,
    });
    made.push(device.name);
    const { close } = device;
    device.close = () => {
      closed.push(device.name);
      close();
    };
    return device;
  });
  return { list, made, closed };
}

function found(): readonly Device[] {
  return lister().list().map(deviceOf);
}

function deviceOf({
  name,
  kind,
  driver,
  busAddress,
  pciId,
  interfaceIndex,
  hasUplink,
}: LinuxDevice): Device {
  return { name, kind, driver, busAddress, pciId, interfaceIndex, hasUplink };
}

describe('createDeviceLister()', () => {
  test('reads kinds, drivers and bus addresses', () => {
    addDevice('eno1', { index: 2, bus: '0000:00:07.0' });
    addDevice('vx42', { index: 3, type: 'vxlan' });
    addDevice('bond0', { index: 4, type: 'bond' });
    addDevice('veth0', { index: 5 });
    expect(found()).toEqual([
      {
        name: 'bond0',
        kind: 'bond',
        driver: 'bonding',
        busAddress: undefined,
        pciId: undefined,
        interfaceIndex: 4,
        hasUplink: false,
      },
      {
        name: 'eno1',
        kind: 'physical',
        driver: 'igb',
        busAddress: '0000:00:07.0',
        pciId: undefined,
        interfaceIndex: 2,
        hasUplink: true,
      },
      {
        name: 'veth0',
        kind: 'virtual',
        driver: undefined,
        busAddress: undefined,
        pciId: undefined,
        interfaceIndex: 5,
        hasUplink: false,
      },
      {
        name: 'vx42',
        kind: 'vxlan',
        driver: 'vxlan',
        busAddress: undefined,
        pciId: undefined,
        interfaceIndex: 3,
        hasUplink: false,
      },
    ]);
  });

  test.each([
    { bus: '0000:00:07.0', vendor: '0x8086\n', device: '0x1572\n', pciId: '8086:1572' },
    { bus: '10000:e1:00.1', vendor: '0x15B3\n', device: '0x101D\n', pciId: '15b3:101d' },
    // A virtio device has files of these names too, with IDs of its own.
    { bus: 'virtio2', vendor: '0x1af4\n', device: '0x0001\n', pciId: undefined },
    { bus: '2-1.2:1.0', vendor: '0x8086\n', device: '0x1572\n', pciId: undefined },
    { bus: '0000:00:07.0', vendor: '0x8086\n', device: '\n', pciId: undefined },
    { bus: '0000:00:07.0', vendor: '0x8086'.padEnd(5000, '0'), device: '0x1572\n' },
  ])('reads the PCI ID of $bus with vendor $vendor as $pciId', ({ bus, pciId, ...ids }) => {
    addDevice('eno1', { index: 2, bus, ids });
    expect(found()).toMatchObject([{ name: 'eno1', busAddress: bus }]);
    expect(found()[0]?.pciId).toBe(pciId);
  });

  test('has no PCI ID if one of its files is missing', () => {
    addDevice('eno1', { index: 2, bus: '0000:00:07.0', ids: { vendor: '0x8086\n' } });
    expect(found()[0]?.pciId).toBeUndefined();
  });

  test('follows a bridge down to its uplink, through a VLAN and a bond', () => {
    addDevice('eno1', { index: 1, bus: '0000:00:07.0' });
    addDevice('bond0', { index: 2, type: 'bond', lower: ['eno1'] });
    addDevice('bond0.7', { index: 3, type: 'vlan', lower: ['bond0'] });
    addDevice('vmbr0', { index: 4, type: 'bridge', lower: ['veth0', 'bond0.7'] });
    addDevice('docker0', { index: 5, type: 'bridge', lower: ['veth0', 'gone'] });
    addDevice('veth0', { index: 6 });
    const uplinks = found()
      .filter(({ hasUplink }) => hasUplink)
      .map(({ name }) => name);
    expect(uplinks).toEqual(['bond0', 'bond0.7', 'eno1', 'vmbr0']);
  });

  test('copes with devices stacked in a cycle', () => {
    addDevice('a', { index: 1, type: 'bridge', lower: ['b'] });
    addDevice('b', { index: 2, type: 'bridge', lower: ['a'] });
    expect(found().map(({ hasUplink }) => hasUplink)).toEqual([false, false]);
  });

  test('skips plain files and devices that are being removed', () => {
    addDevice('eno1', { index: 1 });
    writeFileSync(join(sysfs, 'class/net/bonding_masters'), 'bond0\n');
    mkdirSync(join(sysfs, 'class/net/going'));
    addDevice('odd', { index: 2 });
    writeFileSync(join(sysfs, 'class/net/odd/ifindex'), 'seven\n');
    expect(found().map(({ name }) => name)).toEqual(['eno1']);
  });

  test('gives every device a unique label, for any bytes in its name', () => {
    addDevice('plain', { index: 1 });
    addDevice('quote"\\', { index: 2 });
    addDevice(Buffer.from([0x78, 0xfe]), { index: 3 });
    addDevice(Buffer.from([0x78, 0xff]), { index: 4 });
    addDevice('x\uFFFD', { index: 5 });
    expect(found().map(({ name, interfaceIndex }) => [interfaceIndex, name])).toEqual([
      [1, 'plain'],
      [2, 'quote"\\'],
      [5, 'x\uFFFD'],
      [3, 'x\uFFFD#3'],
      [4, 'x\uFFFD#4'],
    ]);
  });

  test('reports that sysfs is missing', () => {
    expect(lister(join(sysfs, 'nothing/')).list).toThrow(
      expect.objectContaining({ name: 'SourceError', reason: 'absent' }),
    );
  });
});

function devicePath(name: string): string {
  return join(sysfs, 'class/net', name);
}

/** The handle of the name. */
function handleOf(devices: readonly LinuxDevice[], name: string): LinuxDevice {
  const handle = devices.find((device) => device.name === name);
  if (handle === undefined) {
    throw new Error(`there is no ${name}`);
  }
  return handle;
}

describe('a handle', () => {
  test('is the same while its device exists, and so is the list while nothing changes', () => {
    addDevice('eno1', { index: 2, bus: '0000:00:07.0' });
    const { list, made, closed } = lister();
    const first = list();
    expect(list()).toBe(first);
    addDevice('eno2', { index: 3 });
    const second = list();
    expect(second === first).toBe(false);
    expect(handleOf(second, 'eno1')).toBe(handleOf(first, 'eno1'));
    expect(made).toEqual(['eno1', 'eno2']);
    expect(closed).toEqual([]);
  });

  test('is kept when its device is renamed, and has the new name', () => {
    addDevice('eth0', { index: 2, bus: '0000:00:07.0' });
    writeFileSync(join(devicePath('eth0'), 'mtu'), '1500\n');
    const { list, closed } = lister();
    const handle = handleOf(list(), 'eth0');
    renameSync(devicePath('eth0'), devicePath('eno1'));
    expect(handleOf(list(), 'eno1')).toBe(handle);
    expect(deviceOf(handle)).toEqual({
      name: 'eno1',
      kind: 'physical',
      driver: 'igb',
      busAddress: '0000:00:07.0',
      pciId: undefined,
      interfaceIndex: 2,
      hasUplink: true,
    });
    expect(handle.rawName.toString()).toBe('eno1');
    expect(handle.attribute('mtu')).toBe('1500\n');
    expect(closed).toEqual([]);
  });

  test('is kept when two devices swap their names', () => {
    addDevice('eth0', { index: 2 });
    addDevice('eth1', { index: 3 });
    const { list, made, closed } = lister();
    const [second, third] = [handleOf(list(), 'eth0'), handleOf(list(), 'eth1')];
    renameSync(devicePath('eth0'), devicePath('temporary'));
    renameSync(devicePath('eth1'), devicePath('eth0'));
    renameSync(devicePath('temporary'), devicePath('eth1'));
    const swapped = list();
    expect(handleOf(swapped, 'eth1')).toBe(second);
    expect(handleOf(swapped, 'eth0')).toBe(third);
    expect([second.interfaceIndex, third.interfaceIndex]).toEqual([2, 3]);
    expect(made).toHaveLength(2);
    expect(closed).toEqual([]);
  });

  test.each([
    { what: 'name', index: 3 },
    { what: 'name and index', index: 2 },
  ])('is replaced when another device takes its $what', ({ index }) => {
    addDevice('eth0', { index: 2 });
    const { list, closed } = lister();
    const handle = handleOf(list(), 'eth0');
    // Kept, so that its inode is not given to the next.
    renameSync(devicePath('eth0'), join(sysfs, 'gone'));
    addDevice('eth0', { index });
    const next = handleOf(list(), 'eth0');
    expect(next === handle).toBe(false);
    expect(next.interfaceIndex).toBe(index);
    expect(closed).toEqual(['eth0']);
  });

  test('is replaced when a device of another name reuses its index', () => {
    addDevice('eth0', { index: 2 });
    const { list, closed } = lister();
    const handle = handleOf(list(), 'eth0');
    renameSync(devicePath('eth0'), join(sysfs, 'gone'));
    addDevice('eth1', { index: 2, bus: '0000:00:07.0' });
    const next = handleOf(list(), 'eth1');
    expect(next === handle).toBe(false);
    expect(next.driver).toBe('igb');
    expect(closed).toEqual(['eth0']);
  });

  test('is closed when its device is gone, and only then', () => {
    addDevice('eth0', { index: 2 });
    addDevice('eth1', { index: 3 });
    const { list, closed } = lister();
    list();
    rmSync(devicePath('eth1'), { recursive: true });
    expect(list().map(({ name }) => name)).toEqual(['eth0']);
    expect(closed).toEqual(['eth1']);
    list();
    rmSync(devicePath('eth0'), { recursive: true });
    expect(list()).toEqual([]);
    expect(closed).toEqual(['eth1', 'eth0']);
  });

  test.each(['bridge', 'bond'])('of a %s knows when a device is put below it', (type) => {
    addDevice('eno1', { index: 2, bus: '0000:00:07.0' });
    addDevice('over0', { index: 3, type });
    const { list } = lister();
    const handle = handleOf(list(), 'over0');
    expect(handle.hasUplink).toBe(false);
    symlinkSync('../eno1', join(devicePath('over0'), 'lower_eno1'));
    expect(handleOf(list(), 'over0')).toBe(handle);
    expect(handle.hasUplink).toBe(true);
    unlinkSync(join(devicePath('over0'), 'lower_eno1'));
    list();
    expect(handle.hasUplink).toBe(false);
  });
});
