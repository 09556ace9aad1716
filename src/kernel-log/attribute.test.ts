import { describe, expect, test } from 'vitest';

import type { Device } from '../model/device.ts';
import { attributeEvent } from './attribute.ts';

function device(name: string, fields: Partial<Device> = {}): Device {
  return {
    name,
    kind: 'physical',
    driver: 'igb',
    busAddress: '0000:00:07.0',
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
    expect(attributeEvent({ event: 'unit_hang', driver: 'i40e', ...event }, devices)).toEqual({
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
    expect(attributeEvent(event, devices)).toEqual({ device: 'enp6s0', driver: '' });
  });

  test('leaves the driver empty where neither text nor sysfs names it', () => {
    const event = {
      event: 'dead_loop',
      device: 'x',
      driver: undefined,
      busAddress: undefined,
    } as const;
    expect(attributeEvent(event, devices)).toEqual({ device: 'x', driver: '' });
  });
});
