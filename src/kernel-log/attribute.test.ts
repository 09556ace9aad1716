import { describe, expect, test } from 'vitest';

import type { Device } from '../model/device.ts';
import { kernelRecord } from '../../test/support/kernel-record.ts';
import { SourceError } from '../model/errors.ts';
import { attributeEvent, attributeRecord, readHostContext } from './attribute.ts';

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
  ['an interface without a bus', { device: 'vx42', busAddress: undefined }, 'vx42', 'vxlan'],
  [
    'an interface of elsewhere',
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

  test('takes a dead loop for that of a container where a physical device bears the name', () => {
    const event = {
      event: 'dead_loop',
      device: 'enp6s0',
      driver: undefined,
      busAddress: undefined,
    } as const;
    expect(attributeEvent(event, { devices })).toEqual({ device: 'enp6s0', driver: '' });
  });

  test('leaves the driver empty where neither text nor sysfs names it', () => {
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
    ['is of here', 'enp6s0', 'enp6s0'],
  ])('gives the name of a device that %s', (_what, name, expected) => {
    const countedDevices = new Set(Array.from({ length: 100 }, (_, index) => `gw_${index}`));
    const fewer = new Set([...countedDevices].slice(1));
    const attribute = (counted: ReadonlySet<string>): string =>
      attributeEvent(
        { event: 'dead_loop', device: name, driver: undefined, busAddress: undefined },
        { devices, countedDevices: counted },
      ).device;
    expect(attribute(countedDevices)).toBe(expected);
    // Neither the nameless nor devices of here count.
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
    [
      'since boot, where nobody knows when that was',
      { timestampMicroseconds: 54 },
      undefined,
      undefined,
    ],
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

  test('gives the devices, however they are handed out, and the boot time', async () => {
    const context = { devices, bootTimestampSeconds: 1_795_145_580 };
    expect(await readHostContext({ devices: () => devices, readFile })).toEqual(context);
    expect(await readHostContext({ devices: async () => devices, readFile })).toEqual(context);
  });

  test('does without what cannot be read', async () => {
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
});
