import { describe, expect, test, vi } from 'vitest';

import type { Device } from '../model/device.ts';
import { kernelRecord } from '../../test/support/kernel-record.ts';
import { SourceError } from '../model/errors.ts';
import { attributeEvent, attributeRecord, readHostContext } from './attribute.ts';
import type { LossWitness } from './loss-witness.ts';

function device(name: string, fields: Partial<Device> = {}): Device {
  return {
    name,
    kind: 'physical',
    driver: 'igb',
    busAddress: '0000:00:07.0',
    pciId: undefined,
    interfaceIndex: 2,
    hasUplink: true,
    ...fields,
  };
}

const enp6s0 = device('enp6s0');
const port0 = device('p0', { driver: 'mlx4_core', busAddress: '0000:04:00.0' });
const port1 = device('p1', { driver: 'mlx4_core', busAddress: '0000:04:00.0' });
const vxlan = device('vx42', { kind: 'vxlan', driver: 'vxlan', busAddress: undefined });
const devices = [enp6s0, port0, port1, vxlan];

const cases = [
  ['the interface in the text', { device: 'enp6s0', busAddress: '0000:00:07.0' }, 'enp6s0', 'igb'],
  ['the bus address alone', { device: undefined, busAddress: '0000:00:07.0' }, 'enp6s0', 'igb'],
  ['an interface renamed since', { device: 'eth0', busAddress: '0000:00:07.0' }, 'enp6s0', 'igb'],
  ['one of two ports', { device: 'p1', busAddress: '0000:04:00.0' }, 'p1', 'mlx4_core'],
  ['two ports, none named', { device: undefined, busAddress: '0000:04:00.0' }, '', 'i40e'],
  [
    'an interface and a driver without a bus',
    { driver: 'igb', device: 'enp6s0', busAddress: undefined },
    'enp6s0',
    'igb',
  ],
  [
    'an interface of another namespace',
    { device: 'gw_11cbf51a', busAddress: undefined },
    'gw_11cbf51a',
    'i40e',
  ],
  ['the name of another card', { device: 'enp6s0', busAddress: '0000:04:00.0' }, '', 'i40e'],
  [
    'a card that is gone, its name taken',
    { device: 'enp6s0', busAddress: '0000:09:00.0' },
    '',
    'i40e',
  ],
  [
    'a card that is gone, its name free',
    { device: 'eth7', busAddress: '0000:09:00.0' },
    'eth7',
    'i40e',
  ],
  [
    'the only device of a driver',
    { driver: 'igb', device: undefined, busAddress: undefined },
    'enp6s0',
    'igb',
  ],
  [
    'a driver with two devices',
    { driver: 'mlx4_core', device: undefined, busAddress: undefined },
    '',
    'mlx4_core',
  ],
  ['nothing', { device: undefined, busAddress: undefined }, '', 'i40e'],
] as const;

describe('attributeEvent()', () => {
  test.each(cases)('knows %s', (_what, event, name, driver) => {
    expect(attributeEvent({ event: 'unit_hang', driver: 'i40e', ...event }, { devices })).toEqual({
      device: name,
      driver,
    });
  });

  const bridge = device('br0', { kind: 'bridge', driver: 'bridge', busAddress: undefined });
  const veth = device('eth1', { kind: 'virtual', driver: undefined, busAddress: undefined });
  const here = [...devices, bridge, veth];

  test.each([
    ['a physical device, which does not loop', 'enp6s0', undefined, '', ''],
    ['a physical device, whatever it lost', 'enp6s0', true, '', ''],
    ['a VXLAN device that has lost packets', 'vx42', true, 'vx42', 'vxlan'],
    ['a VXLAN device that has lost none', 'vx42', false, '', ''],
    ['a VXLAN device that cannot be read', 'vx42', undefined, 'vx42', 'vxlan'],
    ['a veth that has lost packets', 'eth1', true, 'eth1', ''],
    ['a veth that has lost none', 'eth1', false, '', ''],
    ['a veth that cannot be read', 'eth1', undefined, '', ''],
    ['no device of here', 'gw_11cbf51a', undefined, 'gw_11cbf51a', ''],
  ])('takes a dead loop on the name of %s', (_what, name, lost, expected, driver) => {
    const event = {
      event: 'dead_loop',
      device: name,
      driver: undefined,
      busAddress: undefined,
    } as const;
    const hasLost = new Map(lost === undefined ? [] : [[name, lost]]);
    expect(attributeEvent(event, { devices: here, hasLost })).toEqual({ device: expected, driver });
  });

  test.each([
    ['a physical device, as the eth0 of any pod may be called', 'enp6s0', '', ''],
    ['a veth', 'eth1', '', ''],
    ['a VXLAN device', 'vx42', 'vx42', 'vxlan'],
    ['a bridge', 'br0', 'br0', 'bridge'],
    ['no device of here', 'gw_11cbf51a', 'gw_11cbf51a', ''],
  ])(
    'takes a checksum fault without a bus address on the name of %s',
    (_what, name, expected, driver) => {
      const event = {
        event: 'rx_csum_fault',
        device: name,
        driver: undefined,
        busAddress: undefined,
      } as const;
      expect(attributeEvent(event, { devices: here })).toEqual({ device: expected, driver });
    },
  );

  test.each([
    ['its driver', 'enp6s0', 'igb', 'enp6s0', 'igb'],
    ['another driver', 'enp6s0', 'iavf', '', 'iavf'],
    ['the module of its Ethernet functions', 'p1', 'mlx4_en', 'p1', 'mlx4_core'],
    ['no driver, as the watchdog of 2.6 does', 'enp6s0', undefined, 'enp6s0', 'igb'],
    ['an empty driver, on a virtual device', 'vx42', '', '', ''],
  ])('takes a timeout that names a device and %s', (_what, name, driver, expected, label) => {
    const event = { event: 'tx_timeout', device: name, driver, busAddress: undefined } as const;
    expect(attributeEvent(event, { devices: here })).toEqual({ device: expected, driver: label });
  });

  test.each([
    'unit_hang',
    'adapter_reset',
    'firmware_fault',
    'malicious_driver',
    'device_lost',
  ] as const)('takes %s on the name of a device from its driver only', (name) => {
    const event = { event: name, device: 'enp6s0', busAddress: undefined };
    expect(attributeEvent({ ...event, driver: 'igb' }, { devices }).device).toBe('enp6s0');
    expect(attributeEvent({ ...event, driver: 'iavf' }, { devices }).device).toBe('');
  });

  test.each([
    ['no other', ['0000:01:10.0', 'bind', 'module', 'uevent'], 'vf0'],
    ['others in other namespaces', ['0000:01:10.0', '0000:01:10.2', 'bind'], ''],
    ['others in another PCI domain', ['0000:01:10.0', '10000:e1:00.0', 'bind'], ''],
  ])('takes a record that names a driver alone where it has %s', (_what, names, expected) => {
    const vf0 = {
      ...device('vf0', { driver: 'ixgbevf', busAddress: '0000:01:10.0' }),
      attributeNames: (directory: string) => (directory === 'device/driver' ? names : []),
    };
    const event = {
      event: 'unit_hang',
      device: undefined,
      driver: 'ixgbevf',
      busAddress: undefined,
    } as const;
    expect(attributeEvent(event, { devices: [...here, vf0] })).toEqual({
      device: expected,
      driver: 'ixgbevf',
    });
  });

  test('takes the only local device of a driver if its siblings cannot be listed', () => {
    const vf0 = {
      ...device('vf0', { driver: 'ixgbevf' }),
      attributeNames: () => {
        throw new SourceError('absent', 'no such directory');
      },
    };
    const event = {
      event: 'unit_hang',
      device: undefined,
      driver: 'ixgbevf',
      busAddress: undefined,
    } as const;
    expect(attributeEvent(event, { devices: [vf0] }).device).toBe('vf0');
  });

  test('passes an unexpected error of listing siblings on', () => {
    const mistake = new TypeError('mistake');
    const vf0 = {
      ...device('vf0', { driver: 'ixgbevf' }),
      attributeNames: () => {
        throw mistake;
      },
    };
    const event = {
      event: 'unit_hang',
      device: undefined,
      driver: 'ixgbevf',
      busAddress: undefined,
    } as const;
    expect(() => attributeEvent(event, { devices: [vf0] })).toThrow(mistake);
  });

  test.each(['vxlan', 'geneve', 'bond', 'bridge', 'vlan'] as const)(
    'takes what the core logs on the name of a local %s',
    (kind) => {
      const local = device('local0', { kind, driver: kind, busAddress: undefined });
      const named = { device: 'local0', driver: undefined, busAddress: undefined };
      for (const event of ['dead_loop', 'rx_csum_fault'] as const) {
        expect(attributeEvent({ ...named, event }, { devices: [local] }).device).toBe('local0');
      }
    },
  );

  test('takes a record that names nothing for none of the devices without a driver', () => {
    const event = {
      event: 'rx_csum_fault',
      device: undefined,
      driver: undefined,
      busAddress: undefined,
    } as const;
    expect(attributeEvent(event, { devices: [veth] })).toEqual({ device: '', driver: '' });
  });

  test('leaves the driver empty if neither text nor sysfs names it', () => {
    const event = {
      event: 'dead_loop',
      device: 'x',
      driver: undefined,
      busAddress: undefined,
    } as const;
    expect(attributeEvent(event, { devices })).toEqual({ device: 'x', driver: '' });
  });

  test.each([
    ['is one of too many', 'gw_new', ''],
    ['is counted by name already', 'gw_7', 'gw_7'],
    ['is local', 'vx42', 'vx42'],
  ])('counts by name, or not, a device that %s', (_what, name, expected) => {
    const countedDevices = new Set(Array.from({ length: 100 }, (_, index) => `gw_${index}`));
    const fewer = new Set([...countedDevices].slice(1));
    const attribute = (counted: ReadonlySet<string>): string =>
      attributeEvent(
        { event: 'dead_loop', device: name, driver: undefined, busAddress: undefined },
        { devices, countedDevices: counted },
      ).device;
    expect(attribute(countedDevices)).toBe(expected);
    // Neither the empty name nor local devices count.
    expect(attribute(new Set([...fewer, '', 'p0', 'p1']))).toBe(name);
  });
});

describe('attributeRecord()', () => {
  const event = {
    event: 'unit_hang',
    device: 'enp6s0',
    driver: 'igb',
    busAddress: undefined,
  } as const;

  test.each([
    ['since boot', { timestampMicroseconds: 54_500_000 }, 1000, 1054.5],
    ['since boot, without a known boot time', { timestampMicroseconds: 54 }, undefined, undefined],
    ['of the journal', { realtimeMicroseconds: 1_795_145_634_500_000 }, 1000, 1_795_145_634.5],
  ])('takes the time %s', (_what, fields, bootTimestampSeconds, expected) => {
    expect(
      attributeRecord(event, {
        record: kernelRecord('', fields),
        context: { devices, bootTimestampSeconds },
        countedDevices: new Set(),
      }),
    ).toStrictEqual({
      device: 'enp6s0',
      driver: 'igb',
      event: 'unit_hang',
      timestampSeconds: expected,
    });
  });
});

async function readFile(): Promise<string> {
  return 'btime 1795145580\n';
}

describe('readHostContext()', () => {
  const missing = new SourceError('absent', 'not mounted');

  test('reads the devices, listed synchronously or not, and the boot time', async () => {
    const context = { devices, bootTimestampSeconds: 1_795_145_580 };
    expect(await readHostContext({ devices: () => devices, readFile })).toEqual(context);
    expect(await readHostContext({ devices: async () => devices, readFile })).toEqual(context);
  });

  test('leaves out what cannot be read', async () => {
    const unreadable = {
      devices: () => {
        throw missing;
      },
      readFile: async () => {
        throw missing;
      },
    };
    expect(await readHostContext(unreadable)).toEqual({
      devices: [],
      bootTimestampSeconds: undefined,
    });
  });

  test('asks the witness about the virtual devices that a dead loop names, and no other', async () => {
    const named = { driver: undefined, busAddress: undefined };
    const events = [
      { ...named, event: 'dead_loop', device: 'vx42' },
      { ...named, event: 'dead_loop', device: 'enp6s0' },
      { ...named, event: 'rx_csum_fault', device: 'br0' },
      undefined,
    ] as const;
    const bridge = device('br0', { kind: 'bridge' });
    const witness = vi.fn<LossWitness>(async () => new Map([['vx42', true]]));
    const host = { devices: () => [...devices, bridge], readFile };
    const { hasLost } = await readHostContext(host, events, witness);
    expect(hasLost).toEqual(new Map([['vx42', true]]));
    expect(witness.mock.calls).toEqual([[[vxlan]]]);
  });
});
