import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createDeviceFinder } from './devices.ts';

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
  readonly lower?: readonly string[];
}

/** Makes a device as sysfs shows it; the name may hold any byte. */
function addDevice(name: string | Buffer, { index, type, bus, lower = [] }: FakeDevice): void {
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
  }
}

function found() {
  return createDeviceFinder(sysfs)().map(({ device }) => device);
}

describe('findDevices()', () => {
  test('tells kinds, drivers and bus addresses', () => {
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
        interfaceIndex: 4,
        hasUplink: false,
      },
      {
        name: 'eno1',
        kind: 'physical',
        driver: 'igb',
        busAddress: '0000:00:07.0',
        interfaceIndex: 2,
        hasUplink: true,
      },
      {
        name: 'veth0',
        kind: 'virtual',
        driver: undefined,
        busAddress: undefined,
        interfaceIndex: 5,
        hasUplink: false,
      },
      {
        name: 'vx42',
        kind: 'vxlan',
        driver: 'vxlan',
        busAddress: undefined,
        interfaceIndex: 3,
        hasUplink: false,
      },
    ]);
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

  test('survives devices stacked in a circle', () => {
    addDevice('a', { index: 1, type: 'bridge', lower: ['b'] });
    addDevice('b', { index: 2, type: 'bridge', lower: ['a'] });
    expect(found().map(({ hasUplink }) => hasUplink)).toEqual([false, false]);
  });

  test('leaves out plain files and what is half gone', () => {
    addDevice('eno1', { index: 1 });
    writeFileSync(join(sysfs, 'class/net/bonding_masters'), 'bond0\n');
    mkdirSync(join(sysfs, 'class/net/going'));
    addDevice('odd', { index: 2 });
    writeFileSync(join(sysfs, 'class/net/odd/ifindex'), 'seven\n');
    expect(found().map(({ name }) => name)).toEqual(['eno1']);
  });

  test('gives every device a label of its own, whatever bytes its name has', () => {
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

  test('says that there is no sysfs', () => {
    expect(createDeviceFinder(join(sysfs, 'nothing'))).toThrow(
      expect.objectContaining({ name: 'SourceError', reason: 'absent' }),
    );
  });
});
