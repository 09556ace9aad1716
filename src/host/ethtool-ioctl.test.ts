import { describe, expect, test } from 'vitest';

import {
  createFakeKernel,
  createReadsByName,
  deviceIdentity,
} from '../../test/support/fake-ethtool-kernel.ts';
import type {
  FakeDevice,
  FakeFeature,
  FakeStatistics,
  ReadsByName,
} from '../../test/support/fake-ethtool-kernel.ts';
import type { SourceErrorReason } from '../model/errors.ts';
import type { Statistic } from '../model/device.ts';
import { createEthtoolIoctl } from './ethtool-ioctl.ts';
import type { EthtoolReads } from './host.ts';

const reads: readonly (readonly [
  name: string,
  read: (reader: ReadsByName, device: string) => Promise<unknown>,
])[] = [
  ['driverInfo', async (reader, device) => reader.driverInfo(device)],
  ['statistics', async (reader, device) => reader.statistics(device)],
  ['features', async (reader, device) => reader.features(device)],
  ['txRingSize', async (reader, device) => reader.txRingSize(device)],
];

const errnoReasons: readonly (readonly [errno: string, reason: SourceErrorReason])[] = [
  ['ENODEV', 'absent'],
  ['EOPNOTSUPP', 'unsupported'],
  ['ENOTSUP', 'unsupported'],
  ['EPERM', 'denied'],
  ['EACCES', 'denied'],
  ['EINVAL', 'failed'],
  ['EFAULT', 'failed'],
  ['EIO', 'failed'],
  ['EBUSY', 'failed'],
  ['ENOMEM', 'failed'],
  ['ETIMEDOUT', 'failed'],
  ['errno 524', 'failed'],
];

describe('createEthtoolIoctl()', () => {
  test.each(
    errnoReasons.flatMap(([errno, reason]) =>
      reads.map(([name, read]) => ({ errno, reason, name, read })),
    ),
  )('knows $errno of $name() as $reason', async ({ errno, reason, read }) => {
    const { reader } = kernelWith({ interfaceIndex: 2, error: errno });
    await expect(read(reader, 'eno1')).rejects.toMatchObject({
      name: 'SourceError',
      reason,
      message: expect.stringMatching(new RegExp(`"eno1".*${errno}`)),
    });
  });

  test('works after errors', async () => {
    const { reader, kernel } = kernelWith({ interfaceIndex: 2, error: 'EIO' });
    await expect(reader.statistics('eno1')).rejects.toMatchObject({ reason: 'failed' });
    kernel.devices.set('eno1', { interfaceIndex: 2, statistics: [['rx', 1n]] });
    expect(await reader.statistics('eno1')).toEqual([{ name: 'rx', value: 1n }]);
  });

  test('driverInfo() reads driver information, also after other requests', async () => {
    const { reader } = kernelWith({
      interfaceIndex: 2,
      statistics: numbered(100),
      driverInfo: { driver: 'bridge', version: '2.3', firmware: 'N/A', bus: '' },
    });
    await reader.statistics('eno1');
    expect(await reader.driverInfo('eno1')).toEqual({
      driver: 'bridge',
      version: '2.3',
      firmwareVersion: undefined,
      busAddress: undefined,
    });
  });

  test('txRingSize() reads the current size', async () => {
    const { reader } = kernelWith({ interfaceIndex: 2, txRingSize: 256 });
    expect(await reader.txRingSize('eno1')).toBe(256);
  });
});

describe('statistics()', () => {
  test.each<{ readonly what: string; readonly statistics: FakeStatistics }>([
    {
      what: 'names that repeat, in their order',
      statistics: [
        ['ring full', 1n],
        ['  pkts rx OOB', 2n],
        ['ring full', 3n],
      ],
    },
    { what: 'values up to the largest of 64 bits', statistics: [['rx', 2n ** 64n - 1n]] },
    {
      what: 'names that fill their field',
      statistics: [
        ['n'.repeat(32), 1n],
        ['m'.repeat(32), 2n],
      ],
    },
    {
      what: 'names that are empty',
      statistics: [
        ['', 1n],
        ['', 2n],
      ],
    },
    { what: 'many', statistics: numbered(32_767) },
  ])('reads $what', async ({ statistics }) => {
    const { reader, kernel } = kernelWith({ interfaceIndex: 2, statistics });
    expect(await reader.statistics('eno1')).toEqual(expected(statistics));
    expect(kernel.overflowBytes()).toBe(0);
  });

  test.each<{ readonly what: string; readonly device: FakeDevice }>([
    { what: 'whose driver has no statistics', device: { interfaceIndex: 2 } },
    { what: 'whose driver has none at the moment', device: { interfaceIndex: 2, statistics: [] } },
  ])('of a device $what are unsupported', async ({ device }) => {
    const { reader, kernel } = kernelWith(device);
    await expect(reader.statistics('eno1')).rejects.toMatchObject({
      name: 'SourceError',
      reason: 'unsupported',
    });
    expect(kernel.commands).toEqual(['stringSetInfo']);
  });

  test('are read once a device has some', async () => {
    const { reader, kernel } = kernelWith({ interfaceIndex: 2, statistics: [] });
    await expect(reader.statistics('eno1')).rejects.toMatchObject({ reason: 'unsupported' });
    kernel.devices.set('eno1', { interfaceIndex: 2, statistics: numbered(2) });
    expect(await reader.statistics('eno1')).toEqual(expected(numbered(2)));
    kernel.devices.set('eno1', { interfaceIndex: 2, statistics: [] });
    await expect(reader.statistics('eno1')).rejects.toMatchObject({ reason: 'unsupported' });
  });

  test('take one call when the names are known', async () => {
    const { reader, kernel } = kernelWith({ interfaceIndex: 2, statistics: numbered(3) });
    await reader.statistics('eno1');
    expect(kernel.commands.splice(0)).toEqual(['stringSetInfo', 'strings', 'statistics']);
    kernel.devices.set('eno1', { interfaceIndex: 2, statistics: numbered(3, 7n) });
    expect(await reader.statistics('eno1')).toEqual(expected(numbered(3, 7n)));
    expect(kernel.commands).toEqual(['statistics']);
  });

  test('have their names read again for a new device of the same name', async () => {
    const { reader, kernel } = kernelWith({ interfaceIndex: 2, statistics: [['old', 1n]] });
    await reader.statistics('eno1');
    kernel.commands.splice(0);
    kernel.devices.set('eno1', { interfaceIndex: 3, statistics: [['new', 2n]] });
    expect(await reader.statistics('eno1')).toEqual([{ name: 'new', value: 2n }]);
    expect(kernel.commands).toEqual(['stringSetInfo', 'strings', 'statistics']);
  });

  test.each([
    { change: 'grown', from: 3, to: 300 },
    { change: 'shrunk', from: 300, to: 3 },
  ])('have their names read again when their number has $change', async ({ from, to }) => {
    const { reader, kernel } = kernelWith({ interfaceIndex: 2, statistics: numbered(from) });
    await reader.statistics('eno1');
    kernel.devices.set('eno1', { interfaceIndex: 2, statistics: numbered(to, 9n) });
    expect(await reader.statistics('eno1')).toEqual(expected(numbered(to, 9n)));
  });

  test.each(
    [false, true].flatMap((checksCounts) =>
      (['stringSetInfo', 'strings'] as const).flatMap((moment) =>
        [
          { from: 3, to: 300 },
          { from: 300, to: 3 },
          { from: 3, to: 4 },
        ].map((change) => ({ ...change, moment, checksCounts })),
      ),
    ),
  )(
    'that go from $from to $to after $moment keep their own names (kernel checks counts: $checksCounts)',
    async ({ from, to, moment, checksCounts }) => {
      const { reader, kernel } = kernelWith(
        { interfaceIndex: 2, statistics: numbered(from) },
        { checksCounts },
      );
      const later = Array.from({ length: to }, (_, index) => [`other_${index}`, 5n] as const);
      kernel.after.set(moment, () => {
        kernel.devices.set('eno1', { interfaceIndex: 2, statistics: later });
      });
      expect(await reader.statistics('eno1')).toEqual(expected(later));
      expect(kernel.overflowBytes()).toBe(0);
    },
  );

  test.each(['stringSetInfo', 'strings'] as const)(
    'that are gone after %s are unsupported',
    async (moment) => {
      const { reader, kernel } = kernelWith({ interfaceIndex: 2, statistics: numbered(3) });
      kernel.after.set(moment, () => {
        kernel.devices.set('eno1', { interfaceIndex: 2 });
      });
      await expect(reader.statistics('eno1')).rejects.toMatchObject({ reason: 'unsupported' });
    },
  );

  test.each([false, true])(
    'that keep changing fail (kernel checks counts: %s)',
    async (checksCounts) => {
      const { reader, kernel } = kernelWith(
        { interfaceIndex: 2, statistics: numbered(1) },
        { checksCounts },
      );
      let count = 1;
      const grow = (): void => {
        count += 1;
        kernel.devices.set('eno1', { interfaceIndex: 2, statistics: numbered(count) });
        kernel.after.set('strings', grow);
      };
      grow();
      await expect(reader.statistics('eno1')).rejects.toMatchObject({
        name: 'SourceError',
        reason: 'failed',
      });
      kernel.after.clear();
      expect(await reader.statistics('eno1')).toEqual(expected(numbered(count)));
    },
  );

  test.each([32_768, 131_072])('above the maximum, %i, fail without a call', async (count) => {
    const { reader, kernel } = kernelWith({ interfaceIndex: 2, statistics: numbered(count) });
    await expect(reader.statistics('eno1')).rejects.toMatchObject({
      name: 'SourceError',
      reason: 'failed',
      message: expect.stringContaining(String(count)),
    });
    expect(kernel.commands).toEqual(['stringSetInfo']);
    expect(kernel.overflowBytes()).toBe(0);
  });

  test.each(['stringSetInfo', 'strings'] as const)(
    'that exceed the maximum after %s fail and are not read beyond the buffer',
    async (moment) => {
      const { reader, kernel } = kernelWith({ interfaceIndex: 2, statistics: numbered(3) });
      kernel.after.set(moment, () => {
        kernel.devices.set('eno1', { interfaceIndex: 2, statistics: numbered(200_000) });
      });
      await expect(reader.statistics('eno1')).rejects.toMatchObject({
        name: 'SourceError',
        reason: 'failed',
      });
    },
  );
});

describe('features()', () => {
  test.each<{
    readonly bits: string;
    readonly state: Readonly<Record<'enabled' | 'requested' | 'fixed', boolean>>;
  }>([
    { bits: '', state: { enabled: false, requested: false, fixed: true } },
    { bits: 'a', state: { enabled: false, requested: false, fixed: false } },
    { bits: 'arx', state: { enabled: true, requested: true, fixed: false } },
    { bits: 'ar', state: { enabled: false, requested: true, fixed: false } },
    { bits: 'ax', state: { enabled: true, requested: false, fixed: false } },
    { bits: 'x', state: { enabled: true, requested: true, fixed: true } },
    { bits: 'r', state: { enabled: false, requested: false, fixed: true } },
    { bits: 'arn', state: { enabled: false, requested: false, fixed: true } },
    { bits: 'axn', state: { enabled: true, requested: true, fixed: true } },
  ])('reads the bits "$bits"', async ({ bits, state }) => {
    const { reader } = kernelWith({ interfaceIndex: 2, features: [['highdma', bits]] });
    expect(await reader.features('eno1')).toEqual([{ name: 'highdma', ...state }]);
  });

  test.each([1, 31, 32, 33, 64, 65])('reads %i of them, the last one on', async (count) => {
    const features = Array.from({ length: count }, (_, index): FakeFeature => [
      `f${index}`,
      index === count - 1 ? 'arx' : 'a',
    ]);
    const { reader } = kernelWith({ interfaceIndex: 2, features });
    expect((await reader.features('eno1')).map(({ name, enabled }) => [name, enabled])).toEqual(
      features.map(([name], index) => [name, index === count - 1]),
    );
  });

  test('groups features as ethtool does, and skips bits without a name', async () => {
    const { reader } = kernelWith({
      interfaceIndex: 2,
      features: [
        ['tx-tcp-segmentation', 'arx'],
        ['', 'arx'],
        ['rx-checksum', 'ax'],
        ['tx-tcp6-segmentation', 'a'],
      ],
    });
    expect((await reader.features('eno1')).map(({ name, enabled }) => [name, enabled])).toEqual([
      ['rx-checksumming', true],
      ['tcp-segmentation-offload', true],
      ['tx-tcp-segmentation', true],
      ['tx-tcp6-segmentation', false],
    ]);
  });

  test('are the current ones', async () => {
    const names = ['highdma', 'rx-fcs', 'loopback'];
    const { reader, kernel } = kernelWith({ interfaceIndex: 2 });
    for (const bits of ['arx', 'arx', 'a', 'ar', 'ax', 'arx', '', 'x']) {
      for (const changed of names) {
        const features = names.map((name): FakeFeature => [name, name === changed ? bits : 'a']);
        kernel.devices.set('eno1', { interfaceIndex: 2, features });
        const fresh = createReadsByName(kernel);
        expect(await reader.features('eno1')).toEqual(await fresh.features('eno1'));
      }
    }
  });

  test('take one call when the names are known, and all for another device', async () => {
    const device = { features: [['highdma', 'arx']] } as const;
    const { reader, kernel } = kernelWith({ interfaceIndex: 2, ...device });
    await reader.features('eno1');
    expect(kernel.commands.splice(0)).toEqual(['stringSetInfo', 'strings', 'features']);
    await reader.features('eno1');
    expect(kernel.commands.splice(0)).toEqual(['features']);
    kernel.devices.set('eno1', { interfaceIndex: 3, ...device });
    await reader.features('eno1');
    expect(kernel.commands).toEqual(['stringSetInfo', 'strings', 'features']);
  });
});

describe('the reads of one device', () => {
  test('return the same statistics while nothing changes, and the same array for the same names', async () => {
    const { one, change } = readsOf({ interfaceIndex: 2, statistics: numbered(3) });
    const first = await one.statistics();
    expect(await one.statistics()).toBe(first);
    change({ statistics: numbered(3, 7n) });
    const second = await one.statistics();
    expect(second === first).toBe(false);
    expect(second.names).toBe(first.names);
    expect([...second.values]).toEqual([7n, 8n, 9n]);
    // What was given before is not written over.
    expect([...first.values]).toEqual([1n, 2n, 3n]);
    expect(await one.statistics()).toBe(second);
  });

  test('return other statistics for the same values under other names', async () => {
    const { one, change } = readsOf({ interfaceIndex: 2, statistics: [['old', 1n]] });
    const first = await one.statistics();
    change({ statistics: numbered(2) });
    await one.statistics();
    change({ statistics: [['new', 1n]] });
    expect(await one.statistics()).toEqual({ names: ['new'], values: first.values });
  });

  test('return the same features while nothing changes', async () => {
    const { one, change } = readsOf({ interfaceIndex: 2, features: [['highdma', 'arx']] });
    const first = await one.features();
    expect(await one.features()).toBe(first);
    change({ features: [['highdma', 'a']] });
    expect(await one.features()).toEqual([
      { name: 'highdma', enabled: false, requested: false, fixed: false },
    ]);
    expect(first).toEqual([{ name: 'highdma', enabled: true, requested: true, fixed: false }]);
  });

  test('use the current name, and do not read string sets again after a rename', async () => {
    const { kernel, one, rename } = readsOf({
      interfaceIndex: 2,
      statistics: numbered(3),
      features: [['highdma', 'arx']],
    });
    const [statistics, features] = [await one.statistics(), await one.features()];
    rename('lan0');
    kernel.commands.splice(0);
    expect(await one.statistics()).toBe(statistics);
    expect(await one.features()).toBe(features);
    expect(kernel.commands).toEqual(['statistics', 'features']);
    kernel.devices.delete('lan0');
    await expect(one.statistics()).rejects.toMatchObject({
      reason: 'absent',
      message: 'cannot read statistics of "lan0": ENODEV',
    });
  });
});

describe('calls in flight', () => {
  test('have buffers of their own, which are reused afterwards', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `eno${index}`);
    const kernel = createFakeKernel(
      Object.fromEntries(
        names.map((name, index) => [
          name,
          {
            interfaceIndex: index + 1,
            driverInfo: { driver: name, version: '1', firmware: '', bus: '' },
            statistics: [[name, BigInt(index)]],
            features: [[name, 'arx']],
            txRingSize: index,
          } satisfies FakeDevice,
        ]),
      ),
    );
    const inFlight = new Set<Buffer>();
    const seen = new Set<Buffer>();
    const reader = createReadsByName({
      devices: kernel.devices,
      ioctl: async (rawName, request) => {
        expect(inFlight.has(request)).toBe(false);
        inFlight.add(request);
        seen.add(request);
        const error = await kernel.ioctl(rawName, request);
        inFlight.delete(request);
        return error;
      },
    });
    for (let poll = 0; poll < 3; poll += 1) {
      const answers = await Promise.all(
        names.map(async (name) =>
          Promise.all([
            reader.driverInfo(name),
            reader.statistics(name),
            reader.features(name),
            reader.txRingSize(name),
          ]),
        ),
      );
      expect(answers).toEqual(
        names.map((name, index) => [
          { driver: name, version: '1', firmwareVersion: undefined, busAddress: undefined },
          [{ name, value: BigInt(index) }],
          [{ name, enabled: true, requested: true, fixed: false }],
          index,
        ]),
      );
    }
    expect(seen.size).toBe(names.length * reads.length);
  });

  test('that never end keep their buffer', async () => {
    const kernel = createFakeKernel({
      stuck0: { interfaceIndex: 2, txRingSize: 1 },
      good0: { interfaceIndex: 3, txRingSize: 2 },
    });
    const buffers = new Map<string, Set<Buffer>>();
    const reader = createReadsByName({
      devices: kernel.devices,
      ioctl: async (rawName, request) => {
        const device = rawName.toString();
        buffers.set(device, (buffers.get(device) ?? new Set()).add(request));
        return device === 'stuck0' ? new Promise(() => {}) : kernel.ioctl(rawName, request);
      },
    });
    void reader.txRingSize('stuck0');
    expect(await reader.txRingSize('good0')).toBe(2);
    expect(await reader.txRingSize('good0')).toBe(2);
    const [stuck] = buffers.get('stuck0') ?? [];
    const [good, ...others] = buffers.get('good0') ?? [];
    expect(good).toBeDefined();
    expect(good === stuck).toBe(false);
    expect(others).toHaveLength(0);
  });
});

function kernelWith(
  device: FakeDevice,
  options: Parameters<typeof createFakeKernel>[1] = {},
): { readonly kernel: ReturnType<typeof createFakeKernel>; readonly reader: ReadsByName } {
  const kernel = createFakeKernel({ eno1: device }, options);
  return { kernel, reader: createReadsByName(kernel) };
}

/** Reads of one device, which is called eno1 at first. */
function readsOf(device: FakeDevice) {
  const kernel = createFakeKernel({ eno1: device });
  let name = 'eno1';
  const one: EthtoolReads = createEthtoolIoctl(kernel.ioctl)(() => deviceIdentity(name, 2));
  return {
    kernel,
    one,
    change: (next: Partial<FakeDevice>): void => {
      kernel.devices.set(name, { interfaceIndex: 2, ...next });
    },
    rename: (next: string): void => {
      const renamed = kernel.devices.get(name);
      kernel.devices.delete(name);
      if (renamed !== undefined) {
        kernel.devices.set(next, renamed);
      }
      name = next;
    },
  };
}

function numbered(count: number, value = 1n): FakeStatistics {
  return Array.from({ length: count }, (_, index) => [`stat_${index}`, value + BigInt(index)]);
}

function expected(statistics: FakeStatistics): readonly Statistic[] {
  return statistics.map(([name, value]) => ({ name, value }));
}
