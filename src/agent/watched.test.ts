import { describe, expect, test } from 'vitest';

import { createRecordedHost } from '../../test/support/recorded-host.ts';
import { configFrom } from '../../test/support/scrape.ts';
import type { Device, DeviceKind } from '../model/device.ts';
import { SourceError } from '../model/errors.ts';
import { isWatched, listHostDevices, nothingWatched } from './watched.ts';

const recordedDevices = createRecordedHost('debian-6.12.95-qemu').devices();
const noFilter = { deviceInclude: undefined, deviceExclude: undefined };

function device(kind: DeviceKind, hasUplink: boolean): Device {
  return {
    name: 'net0',
    kind,
    driver: undefined,
    busAddress: undefined,
    pciId: undefined,
    interfaceIndex: 2,
    hasUplink,
  };
}

describe('isWatched()', () => {
  test.each<{ kind: DeviceKind; hasUplink: boolean; example: string; watched: boolean }>([
    { kind: 'physical', hasUplink: true, example: 'eno1', watched: true },
    { kind: 'vxlan', hasUplink: true, example: 'flannel.1', watched: true },
    { kind: 'vxlan', hasUplink: false, example: 'vxlan.calico', watched: true },
    { kind: 'geneve', hasUplink: false, example: 'genev_sys_6081', watched: true },
    { kind: 'bond', hasUplink: true, example: 'bond0', watched: true },
    { kind: 'bond', hasUplink: false, example: 'a bond without members', watched: true },
    { kind: 'bridge', hasUplink: true, example: 'vmbr0', watched: true },
    { kind: 'bridge', hasUplink: false, example: 'docker0', watched: false },
    { kind: 'vlan', hasUplink: true, example: 'eno1.7', watched: false },
    { kind: 'virtual', hasUplink: true, example: 'a macvlan', watched: false },
    { kind: 'virtual', hasUplink: false, example: 'veth0', watched: false },
  ])(
    'takes $example by default ($kind, uplink $hasUplink): $watched',
    ({ kind, hasUplink, watched }) => {
      expect(isWatched(device(kind, hasUplink), noFilter)).toBe(watched);
    },
  );

  test.each([
    {
      what: 'its default',
      filter: noFilter,
      names: ['bond0', 'eno1', 'enp6s0', 'ens192', 'ens3', 'ens5', 'mgmt0', 'vx42'],
    },
    {
      what: 'an include, which replaces the default',
      filter: { ...noFilter, deviceInclude: /^(?:lo|veth\d|eno1)$/u },
      names: ['eno1', 'lo', 'veth0', 'veth1'],
    },
    {
      what: 'an exclude, which takes away from the default',
      filter: { ...noFilter, deviceExclude: /^(?:en.*|mgmt0)$/u },
      names: ['bond0', 'vx42'],
    },
    {
      what: 'an include and an exclude',
      filter: { deviceInclude: /^ens.*$/u, deviceExclude: /^.*\.7$/u },
      names: ['ens192', 'ens3', 'ens5'],
    },
    {
      what: 'an include of no device',
      filter: { ...noFilter, deviceInclude: /^eth0$/u },
      names: [],
    },
  ])('chooses of the recorded host by $what', ({ filter, names }) => {
    const devices = recordedDevices.filter((each) => isWatched(each, filter));
    expect(devices.map(({ name }) => name)).toEqual(names);
  });
});

/** Lists the devices of a host that cannot. */
function listingFails(error: Error): () => unknown {
  const devices = (): never => {
    throw error;
  };
  return () => listHostDevices({ devices }, configFrom(['--path.sysfs=/x']));
}

describe('listHostDevices()', () => {
  test('names the flag when sysfs cannot be read', () => {
    const cause = new SourceError('denied', 'cannot read "/x/class/net": EACCES');
    expect(listingFails(cause)).toThrow(
      expect.objectContaining({
        reason: 'denied',
        message:
          '--path.sysfs "/x": cannot read "/x/class/net": EACCES; expected the path at which sysfs is mounted',
        cause,
      }),
    );
  });

  test('leaves other errors alone', () => {
    expect(listingFails(new RangeError('a mistake'))).toThrow(new RangeError('a mistake'));
  });
});

describe('nothingWatched()', () => {
  test.each([
    [
      [],
      'there is no network device to watch: no physical, VXLAN, Geneve or bond device and no bridge over one; run in the network namespace of the host, or name devices with --device.include',
    ],
    [
      ['--device.include=eth(0|1)'],
      '--device.include "eth(0|1)" matches no network device; expected one that "ip link" lists here',
    ],
    [
      ['--device.exclude=.*'],
      '--device.exclude ".*" leaves no network device; expected one that "ip link" lists here',
    ],
    [
      ['--device.include=eth0', '--device.exclude=eth.'],
      '--device.include "eth0" and --device.exclude "eth." leave no network device; expected one that "ip link" lists here',
    ],
  ])('explains %j', (flags, message) => {
    expect(nothingWatched(configFrom(flags))).toMatchObject({ reason: 'absent', message });
  });
});
