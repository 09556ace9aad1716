import { describe, expect, test } from 'vitest';

import { kernelRecord } from '../../test/support/kernel-record.ts';
import type { Device } from '../model/device.ts';
import type { KernelEventCount } from '../model/ledger.ts';
import { attributeEvent } from './attribute.ts';
import type { AttributedEvent } from './attribute.ts';
import { createEventCounts, createRecordCounter, eventKey } from './count.ts';
import type { EventCounts } from './count.ts';

const hang: AttributedEvent = {
  device: 'eno1',
  driver: 'e1000e',
  event: 'unit_hang',
  timestampSeconds: 54,
};

function deviceNamed(name: string): Device {
  return {
    name,
    kind: 'virtual',
    driver: undefined,
    busAddress: undefined,
    pciId: undefined,
    interfaceIndex: 1,
    hasUplink: false,
  };
}

/** What was counted after these events. */
function counted(
  events: readonly Partial<AttributedEvent>[],
  devices: readonly Device[] = [],
  previous: readonly KernelEventCount[] = [],
): readonly KernelEventCount[] {
  const counts = createEventCounts(previous);
  for (const event of events) {
    addTo(counts, { ...hang, ...event }, devices);
  }
  return counts.list();
}

/** Counts an event whose record names a device and a driver. */
function addTo(
  counts: EventCounts,
  { device, driver, event, timestampSeconds }: AttributedEvent,
  devices: readonly Device[],
): void {
  const named = {
    event,
    device: device === '' ? undefined : device,
    driver: driver === '' ? undefined : driver,
    busAddress: undefined,
  };
  const hasLost = new Map(devices.map(({ name }) => [name, true]));
  const attribution = attributeEvent(named, { devices, hasLost, countedDevices: counts.devices });
  counts.add({ ...attribution, event, timestampSeconds }, devices);
}

/** One dead loop on each of many devices of containers. */
function deadLoops(count: number, prefix = 'gw'): readonly Partial<AttributedEvent>[] {
  return Array.from({ length: count }, (_, index) => ({
    device: `${prefix}${index}`,
    driver: '',
    event: 'dead_loop',
  }));
}

/** A counter of a host whose devices can be changed. */
function recordCounter(stat = 'btime 1000\n') {
  let devices: readonly Device[] = [];
  const counter = createRecordCounter({ devices: () => devices, readFile: async () => stat });
  return {
    ...counter,
    setDevices: (...names: readonly string[]): void => {
      devices = names.map((name) => ({ ...deviceNamed(name), busAddress: '0000:00:1f.6' }));
    },
  };
}

function hangText(device: string): string {
  return `e1000e 0000:00:1f.6 ${device}: Detected Hardware Unit Hang:`;
}

function resetText(device: string): string {
  return `e1000e 0000:00:1f.6 ${device}: Reset adapter unexpectedly`;
}

describe('createRecordCounter()', () => {
  test('counts messages suppressed by the rate limit of the kernel, not those a process claims', async () => {
    const { count } = recordCounter();
    const text = 'net_ratelimit: 190 callbacks suppressed';
    expect(
      await count([
        kernelRecord(text, { sequence: 1 }),
        kernelRecord(`e1000e 0000:00:1f.6 eno1: ${text}`, { sequence: 2 }),
        kernelRecord(text, { sequence: 3, facility: 1 }),
        kernelRecord(`the log said "${text}"`, { sequence: 4 }),
      ]),
    ).toEqual({ records: 4, events: 0, lost: 0, suppressed: 380 });
  });

  test('notes a reset after a hang, of the same device, until it hangs again', async () => {
    const { count, lastHangs, setDevices } = recordCounter();
    setDevices('eno1', 'eno2');
    let sequence = 0;
    const isResetAfter = async (text: string): Promise<boolean | undefined> => {
      sequence += 1;
      await count([kernelRecord(text, { sequence, timestampMicroseconds: sequence * 1e6 })]);
      return lastHangs.get('eno1')?.isReset;
    };
    expect(await isResetAfter(resetText('eno1'))).toBe(undefined);
    expect(await isResetAfter(hangText('eno1'))).toBe(false);
    expect(await isResetAfter(resetText('eno2'))).toBe(false);
    expect(await isResetAfter(resetText('eno1'))).toBe(true);
    expect(await isResetAfter(hangText('eno1'))).toBe(false);
    expect(lastHangs.get('eno1')?.timestampSeconds).toBe(1005);
    expect([...lastHangs.keys()]).toEqual(['eno1']);
  });

  test('knows no last hang when the boot time cannot be read', async () => {
    const { count, lastHangs, setDevices } = recordCounter('');
    setDevices('eno1');
    expect(await count([kernelRecord(hangText('eno1'), { sequence: 1 })])).toMatchObject({
      events: 1,
    });
    expect(lastHangs.size).toBe(0);
  });

  test('keeps the last hangs and ten recent events of each device, and ten of all others', async () => {
    const { count, lastHangs, recentEvents, setDevices } = recordCounter();
    setDevices('eno1', 'eno2');
    const texts = Array.from({ length: 11 }, (_, index) => [
      hangText('eno1'),
      hangText('eno2'),
      `Dead loop on virtual device gw${index}, fix it urgently!`,
    ]).flat();
    await count(
      texts.map((text, sequence) =>
        kernelRecord(text, { sequence, timestampMicroseconds: sequence }),
      ),
    );
    expect([...lastHangs.keys()]).toEqual(['eno1', 'eno2']);
    expect(recentEvents()).toHaveLength(30);
  });

  test('keeps the last hangs of at most 1000 devices, the latest included', async () => {
    const { count, events, lastHangs, setDevices } = recordCounter();
    const names = Array.from({ length: 1500 }, (_, index) => `eth${index}`);
    setDevices(...names);
    await count(names.map((name, sequence) => kernelRecord(hangText(name), { sequence })));
    expect(lastHangs.has('eth1499')).toBe(true);
    expect(lastHangs.size).toBeLessThanOrEqual(1000);
    expect(events()).toHaveLength(1500);
  });
});

describe('createEventCounts()', () => {
  test('is empty at first', () => {
    expect(createEventCounts().list()).toEqual([]);
  });

  test('counts by device and event, and keeps the last timestamp', () => {
    expect(
      counted([
        {},
        { event: 'tx_timeout', timestampSeconds: 60 },
        { timestampSeconds: 58 },
        { timestampSeconds: 57 },
        { device: 'ens3', driver: 'e1000' },
      ]),
    ).toStrictEqual([
      { ...eno1('unit_hang'), count: 3, lastTimestampSeconds: 58 },
      { ...eno1('tx_timeout'), count: 1, lastTimestampSeconds: 60 },
      { device: 'ens3', driver: 'e1000', event: 'unit_hang', count: 1, lastTimestampSeconds: 54 },
    ]);
  });

  test.each([
    ['first', [{ driver: '' }, {}]],
    ['last', [{}, { driver: '' }]],
  ])('keeps the driver of a device when the record that names none comes %s', (_when, events) => {
    expect(counted(events)).toMatchObject([{ driver: 'e1000e', count: 2 }]);
  });

  test('keeps a known timestamp when the boot time cannot be read', () => {
    expect(counted([{}, { timestampSeconds: undefined }])).toMatchObject([
      { count: 2, lastTimestampSeconds: 54 },
    ]);
  });

  test('continues from previous counts', () => {
    const previous = { ...eno1('unit_hang'), count: 9, lastTimestampSeconds: 8 };
    const other = { ...eno1('adapter_reset'), count: 3, lastTimestampSeconds: 9 };
    expect(counted([{}], [], [previous, other])).toEqual([
      { ...previous, count: 10, lastTimestampSeconds: 54 },
      other,
    ]);
  });

  test('lists counts that do not change later', () => {
    const counts = createEventCounts();
    counts.add(hang, []);
    const events = counts.list();
    counts.add(hang, []);
    expect(events).toMatchObject([{ count: 1 }]);
  });

  test('counts by driver if no device is known', () => {
    expect(counted([{ device: '' }, { device: '', driver: 'igb' }, { device: '' }])).toMatchObject([
      { device: '', driver: 'e1000e', count: 2 },
      { device: '', driver: 'igb', count: 1 },
    ]);
  });

  test('counts 100 foreign devices by name, and all others together', () => {
    const events = counted([...deadLoops(150), ...deadLoops(150)]);
    expect(events).toHaveLength(101);
    expect(events.filter(({ device }) => device !== '').map(({ count }) => count)).toEqual(
      Array.from({ length: 100 }, () => 2),
    );
    expect(events.find(({ device }) => device === '')?.count).toBe(100);
  });

  test('counts every local device by name', () => {
    const own = deadLoops(150, 'own');
    const devices = own.map(({ device = '' }) => deviceNamed(device));
    const events = counted([...deadLoops(120), ...own], devices);
    expect(events).toHaveLength(251);
    expect(events.filter(({ device }) => device.startsWith('own'))).toHaveLength(150);
  });

  test('stays bounded while local devices come and go, and loses no event', () => {
    const counts = createEventCounts();
    for (const [index, event] of deadLoops(2000, 'veth').entries()) {
      const present = [deviceNamed('eno1'), deviceNamed(`veth${index}`)];
      addTo(counts, { ...hang, ...event, timestampSeconds: index }, present);
    }
    const events = counts.list();
    expect(events.length).toBeLessThan(220);
    expect(events.reduce((sum, { count }) => sum + count, 0)).toBe(2000);
    expect(events.at(-1)).toMatchObject({ device: 'veth1999', lastTimestampSeconds: 1999 });
    const nameless = events.find(({ device }) => device === '');
    expect(nameless?.count).toBeGreaterThan(1700);
    expect(nameless?.lastTimestampSeconds).toBeGreaterThan(1700);
  });

  test('keeps the limit of foreign devices across a restart', () => {
    const first = counted(deadLoops(120));
    const second = counted([...deadLoops(120, 'later'), { device: 'gw99' }], [], first);
    expect(new Set(second.map(({ device }) => device))).toEqual(
      new Set(first.map(({ device }) => device)),
    );
    expect(second.find(({ device }) => device === '')?.count).toBe(140);
  });
});

describe('eventKey()', () => {
  test.each([
    ['another driver of one device', { driver: '' }, true],
    ['another event', { event: 'tx_timeout' as const }, false],
    ['another device', { device: 'eno2' }, false],
  ])('says whether %s is the same series', (_what, change, isSame) => {
    expect(eventKey({ ...hang, ...change }) === eventKey(hang)).toBe(isSame);
  });

  test('distinguishes drivers without a device', () => {
    const nobody = { ...hang, device: '' };
    expect(eventKey(nobody)).not.toBe(eventKey({ ...nobody, driver: 'igb' }));
  });

  test('is unambiguous whatever the name of a device', () => {
    expect(eventKey({ ...hang, device: '', driver: 'a","b' })).not.toBe(
      eventKey({ ...hang, device: 'a","b', driver: '' }),
    );
  });
});

function eno1(
  event: KernelEventCount['event'],
): Pick<KernelEventCount, 'device' | 'driver' | 'event'> {
  return { device: 'eno1', driver: 'e1000e', event };
}
