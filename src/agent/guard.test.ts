import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { createRecordedHost } from '../../test/support/recorded-host.ts';
import type { WatchedDevice } from '../collectors/collector.ts';
import type { Host, NetworkDevice } from '../host/host.ts';
import { SourceError } from '../model/errors.ts';
import type { PacketCounters } from '../model/device.ts';
import { createGuard } from './guard.ts';
import { createPollClock } from './poll-clock.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const packets: PacketCounters = { rxPackets: 7, txPackets: 9 };

const recorded = recordedDevice();

/** A device that answers without a thread, whose time the fake timers do not know. */
function recordedDevice(): NetworkDevice {
  const [device] = createRecordedHost('debian-6.12.95-qemu').devices();
  if (device === undefined) {
    throw new Error('the recorded host has no devices');
  }
  return {
    ...device,
    readAttribute: async (name) => (name === 'carrier' ? '1\n' : '1000\n'),
    packetCounters: async () => packets,
  };
}

/** Devices with these reads in the place of recorded ones. */
function devicesWith(
  count: number,
  reads: (name: string) => Partial<NetworkDevice>,
): readonly NetworkDevice[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `eth${index}`;
    return { ...recorded, name, interfaceIndex: index + 2, ...reads(name) };
  });
}

/** A guard of a host, and a way to make polls of its devices. */
function guardOf(devices: readonly NetworkDevice[], host: Partial<Host> = {}) {
  const clock = createPollClock(25);
  const guard = createGuard(
    {
      ethtoolReader: 'ioctl',
      packetCounters: async () => undefined,
      readFile: async (path) => path,
      ...host,
    },
    clock,
  );
  const watched = devices.map(guard.watch);
  /** Makes one poll of this duration with these on-demand reads. */
  const poll = async (
    needs: readonly ('statistics' | 'features')[] = [],
    passes = 1000,
  ): Promise<void> => {
    clock.start();
    const ended = guard.readDevices(watched, [{ needs: () => needs }]);
    void ended.then(clock.stop);
    await vi.advanceTimersByTimeAsync(passes);
    return ended;
  };
  /** The value of each device, or the reason of its error. */
  const each = (read: (device: WatchedDevice) => unknown): readonly unknown[] =>
    watched.map((device) => valueOrReason(() => read(device)));
  return { guard, clock, watched, poll, each };
}

function valueOrReason(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return reasonOf(error);
  }
}

function reasonOf(error: unknown): unknown {
  return error instanceof SourceError ? error.reason : error;
}

/** A read that never returns, and the number of its calls. */
function stuckRead(): { readonly read: () => Promise<never>; readonly started: () => number } {
  let started = 0;
  return {
    read: async () => {
      started += 1;
      return new Promise(() => {});
    },
    started: () => started,
  };
}

describe('watch()', () => {
  test('returns the same device for the same handle, under its current name', () => {
    let name = 'eth0';
    const handle: NetworkDevice = {
      ...recorded,
      get name() {
        return name;
      },
    };
    const { guard } = guardOf([]);
    const device = guard.watch(handle);
    name = 'lan0';
    expect(guard.watch(handle)).toBe(device);
    expect(device.name).toBe('lan0');
    expect(guard.watch({ ...handle }) === device).toBe(false);
  });

  test('describes the device as its handle does', () => {
    const identity = {
      kind: 'physical',
      driver: 'e1000e',
      busAddress: '0000:00:03.0',
      pciId: '8086:10d3',
      hasUplink: true,
      interfaceIndex: 7,
    } as const;
    const { watched } = guardOf(devicesWith(1, () => identity));
    expect(watched).toMatchObject([{ name: 'eth0', ...identity }]);
  });
});

describe('readDevices()', () => {
  test.each([
    { threads: '32', calls: 24 },
    { threads: '16', calls: 8 },
    { threads: '10', calls: 2 },
    { threads: '6', calls: 1 },
    { threads: undefined, calls: 1 },
    { threads: 'many', calls: 1 },
  ])(
    'leaves threads free if no call returns: $calls calls of a pool of $threads',
    async ({ threads, calls }) => {
      vi.stubEnv('UV_THREADPOOL_SIZE', threads);
      const { read, started } = stuckRead();
      const { poll, each } = guardOf(devicesWith(100, () => ({ statistics: read })));
      for (let polls = 0; polls < 5; polls += 1) {
        await poll(['statistics']);
        expect(new Set(each((device) => device.statistics()))).toEqual(new Set(['timeout']));
      }
      expect(started()).toBe(calls);
    },
  );

  test('starts at most 64 commands if none ends', async () => {
    const { read, started } = stuckRead();
    const { poll } = guardOf(
      devicesWith(100, () => ({ statistics: read })),
      { ethtoolReader: 'command' },
    );
    for (let polls = 0; polls < 5; polls += 1) {
      await poll(['statistics']);
    }
    expect(started()).toBe(64);
  });

  test('reads seven drivers concurrently', async () => {
    vi.stubEnv('UV_THREADPOOL_SIZE', '16');
    let [active, maxActive] = [0, 0];
    const statistics = async () => {
      active += 1;
      maxActive = Math.max(maxActive, active);
      await new Promise((resolve) => {
        setTimeout(resolve, 10);
      });
      active -= 1;
      return recorded.statistics();
    };
    const { poll, each } = guardOf(devicesWith(20, () => ({ statistics })));
    await poll(['statistics']);
    expect(maxActive).toBe(7);
    expect(each((device) => device.statistics())).not.toContain('timeout');
  });

  test('has at most one read per device in flight', async () => {
    vi.stubEnv('UV_THREADPOOL_SIZE', '16');
    const { read, started } = stuckRead();
    const { clock, watched, poll, each } = guardOf(
      devicesWith(3, () => ({
        driverInfo: read,
        statistics: read,
        features: read,
        txRingSize: read,
      })),
    );
    await poll(['statistics', 'features']);
    for (const ask of [
      (device: WatchedDevice) => device.driverInfo(),
      (device: WatchedDevice) => device.statistics(),
      (device: WatchedDevice) => device.features(),
    ]) {
      expect(each(ask)).toEqual(['timeout', 'timeout', 'timeout']);
    }
    clock.start();
    expect(
      await Promise.all(watched.map(async (device) => device.txRingSize().catch(reasonOf))),
    ).toEqual(['timeout', 'timeout', 'timeout']);
    expect(started()).toBe(3);
  });

  test.each([
    { reader: 'ioctl', threads: '16', count: 3, within: 425 },
    { reader: 'ioctl', threads: '16', count: 200, within: 425 },
    { reader: 'ioctl', threads: '32', count: 200, within: 425 },
    { reader: 'ioctl', threads: undefined, count: 200, within: 425 },
    // Four commands are started every two ticks until there are 64; the last have four ticks.
    { reader: 'command', threads: '32', count: 200, within: 900 },
  ] as const)(
    'ends within $within ms where none of $count devices answers, with $reader and $threads threads',
    async ({ reader, threads, count, within }) => {
      vi.stubEnv('UV_THREADPOOL_SIZE', threads);
      const { read } = stuckRead();
      const { clock, guard, watched } = guardOf(
        devicesWith(count, () => ({
          driverInfo: read,
          statistics: read,
          features: read,
          readAttribute: read,
          packetCounters: read,
        })),
        { ethtoolReader: reader, packetCounters: read },
      );
      const needs = ['statistics', 'features'] as const;
      for (let polls = 0; polls < 3; polls += 1) {
        const ended = vi.fn<() => void>();
        clock.start();
        void guard.readDevices(watched, [{ needs: () => needs }]).then(ended);
        await vi.advanceTimersByTimeAsync(polls === 0 ? within : 425);
        expect(ended).toHaveBeenCalledTimes(1);
        clock.stop();
        await vi.advanceTimersByTimeAsync(15_000);
      }
    },
  );

  test('ends at once without devices', async () => {
    const { poll } = guardOf([]);
    await expect(poll(['statistics'], 0)).resolves.toBeUndefined();
  });

  test('names the read and the device in a timeout', async () => {
    const { read } = stuckRead();
    const { watched, poll, clock } = guardOf(
      devicesWith(1, () => ({
        driverInfo: read,
        statistics: read,
        features: read,
        txRingSize: read,
        readAttribute: read,
        packetCounters: read,
      })),
    );
    await poll(['statistics', 'features']);
    clock.start();
    for (const [what, ask] of [
      ['driver information', (device: WatchedDevice) => device.driverInfo()],
      ['driver statistics', (device: WatchedDevice) => device.statistics()],
      ['offload features', (device: WatchedDevice) => device.features()],
      ['transmit ring size', async (device: WatchedDevice) => device.txRingSize()],
      ['carrier and speed', (device: WatchedDevice) => device.carrier()],
      ['packet counters', (device: WatchedDevice) => device.packetCounters()],
    ] as const) {
      await expect(Promise.all(watched.map(async (device) => ask(device)))).rejects.toThrow(
        `${what} of "eth0": no answer within 400 ms`,
      );
    }
  });

  test('asks collectors for their needs once the driver information is known', async () => {
    const asked: (string | undefined)[] = [];
    const statistics = vi.fn<NetworkDevice['statistics']>(recorded.statistics);
    const features = vi.fn<NetworkDevice['features']>(recorded.features);
    const { clock, guard, watched } = guardOf(
      devicesWith(2, (name) => ({
        statistics,
        features,
        driverInfo: async () => ({
          driver: name === 'eth0' ? 'e1000e' : 'igb',
          version: undefined,
          firmwareVersion: undefined,
          busAddress: undefined,
        }),
      })),
    );
    clock.start();
    await guard.readDevices(watched, [
      {
        needs: (device) => {
          asked.push(device.lastDriverInfo()?.driver);
          return device.driverInfo().driver === 'igb' ? ['statistics'] : [];
        },
      },
      { needs: () => ['statistics'] },
      {},
    ]);
    clock.stop();
    expect(asked).toEqual(['e1000e', 'igb']);
    expect(statistics).toHaveBeenCalledTimes(2);
    expect(features).not.toHaveBeenCalled();
  });

  test('asks collectors for their needs even if the driver information cannot be read', async () => {
    const { poll, each } = guardOf(
      devicesWith(1, () => ({
        driverInfo: async () => Promise.reject(new SourceError('denied', 'no')),
        features: async () => [],
      })),
    );
    await poll(['features']);
    expect(each((device) => device.driverInfo())).toEqual(['denied']);
    expect(each((device) => device.features())).toEqual([[]]);
  });

  test('reads carrier and speed of a device without driver information', async () => {
    vi.stubEnv('UV_THREADPOOL_SIZE', '16');
    const { read } = stuckRead();
    const { poll, each } = guardOf(
      devicesWith(2, () => ({ driverInfo: read, readAttribute: async (name) => name })),
    );
    await poll();
    expect(each((device) => [device.carrier(), device.speed()])).toEqual([
      ['carrier', 'speed'],
      ['carrier', 'speed'],
    ]);
    expect(each((device) => device.driverInfo())).toEqual(['timeout', 'timeout']);
  });

  test('holds at most two threads for carrier and speed, and reads drivers meanwhile', async () => {
    vi.stubEnv('UV_THREADPOOL_SIZE', '16');
    const { read, started } = stuckRead();
    const { watched, poll, each } = guardOf(
      devicesWith(50, () => ({ readAttribute: read, txRingSize: async () => 256 })),
    );
    for (let polls = 0; polls < 3; polls += 1) {
      await poll();
      expect(new Set(each((device) => device.carrier()))).toEqual(new Set(['timeout']));
      expect(new Set(each((device) => device.speed()))).toEqual(new Set(['timeout']));
      expect(await Promise.all(watched.map(async (device) => device.txRingSize()))).toEqual(
        watched.map(() => 256),
      );
    }
    expect(started()).toBe(2);
  });

  test('reads carrier and speed again when the link has changed, and once a minute', async () => {
    const attributes: Record<string, string> = { carrier_changes: '2\n', flags: '0x1003\n' };
    const readAttribute = vi.fn<NetworkDevice['readAttribute']>(async (name) => name);
    const { poll, each } = guardOf(
      devicesWith(1, () => ({ readAttribute, attribute: (name) => attributes[name] ?? '' })),
    );
    const readsInPoll = async (passes?: number): Promise<number> => {
      readAttribute.mockClear();
      await poll([], passes);
      expect(each((device) => device.carrierChanges())).toEqual([attributes['carrier_changes']]);
      return readAttribute.mock.calls.length;
    };
    expect(await readsInPoll()).toBe(2);
    expect(await readsInPoll()).toBe(0);
    attributes['carrier_changes'] = '3\n';
    expect(await readsInPoll()).toBe(2);
    attributes['flags'] = '0x1002\n';
    expect(await readsInPoll(59_999)).toBe(2);
    expect(await readsInPoll(1)).toBe(0);
    expect(await readsInPoll()).toBe(2);
  });
});

describe('readsOf()', () => {
  test('lists the reads that were attempted, successful or not', async () => {
    const { guard, watched, poll } = guardOf(
      devicesWith(2, (name) => ({
        statistics: async () =>
          name === 'eth0' ? recorded.statistics() : Promise.reject(new SourceError('denied', 'no')),
      })),
    );
    const reads = (): readonly unknown[] => watched.map(guard.readsOf);
    expect(reads()).toEqual([[], []]);
    await poll();
    expect(reads()).toEqual([['driver_info'], ['driver_info']]);
    // The same array, by which its users know that it has not changed.
    expect(reads()[0]).toBe(reads()[0]);
    await poll(['statistics']);
    expect(reads()).toEqual([
      ['driver_info', 'statistics'],
      ['driver_info', 'statistics'],
    ]);
    await poll(['features']);
    expect(reads()).toEqual([
      ['driver_info', 'statistics', 'features'],
      ['driver_info', 'statistics', 'features'],
    ]);
  });
});

describe('packetCounters()', () => {
  test('takes counters from the table of all devices, and reads devices missing there by themselves', async () => {
    const own = vi.fn<NetworkDevice['packetCounters']>(async () => packets);
    const devices = devicesWith(3, () => ({ packetCounters: own }));
    const [first = recorded, second = recorded] = devices;
    const packetCounters = vi.fn<Host['packetCounters']>(
      async () =>
        new Map([
          [first, { rxPackets: 1, txPackets: 2 }],
          [second, { rxPackets: 3, txPackets: 4 }],
        ]),
    );
    const { poll, each } = guardOf(devices, { packetCounters });
    await poll();
    expect(each((device) => device.packetCounters())).toEqual([
      { rxPackets: 1, txPackets: 2 },
      { rxPackets: 3, txPackets: 4 },
      packets,
    ]);
    expect(packetCounters).toHaveBeenCalledTimes(1);
    expect(own).toHaveBeenCalledTimes(1);
  });

  test('reads each device by itself if one of them blocks the table', async () => {
    vi.stubEnv('UV_THREADPOOL_SIZE', '16');
    const { read } = stuckRead();
    const devices = devicesWith(20, (name) => ({
      packetCounters: name === 'eth7' ? read : async () => packets,
    }));
    const { poll, each } = guardOf(devices, { packetCounters: read });
    for (let polls = 0; polls < 3; polls += 1) {
      await poll();
      expect(each((device) => device.packetCounters())).toEqual(
        devices.map(({ name }) => (name === 'eth7' ? 'timeout' : packets)),
      );
    }
  });

  test('are read even while another read of the device is stuck', async () => {
    vi.stubEnv('UV_THREADPOOL_SIZE', '16');
    const { read } = stuckRead();
    const { poll, each } = guardOf(
      devicesWith(2, () => ({ statistics: read, packetCounters: async () => packets })),
    );
    await poll(['statistics']);
    expect(each((device) => device.statistics())).toEqual(['timeout', 'timeout']);
    expect(each((device) => device.packetCounters())).toEqual([packets, packets]);
  });
});

describe('driverInfo()', () => {
  test('is read once a minute, and cached while the driver does not answer', async () => {
    let asked = 0;
    let isStuck = false;
    const { poll, each } = guardOf(
      devicesWith(1, () => ({
        driverInfo: async () => {
          asked += 1;
          if (isStuck) {
            throw new SourceError('failed', 'no');
          }
          return {
            driver: 'e1000e',
            version: String(asked),
            firmwareVersion: undefined,
            busAddress: undefined,
          };
        },
      })),
    );
    const versions = async (passes: number): Promise<readonly unknown[]> => {
      await poll([], passes);
      return [
        ...each((device) => device.driverInfo().version),
        ...each((device) => device.lastDriverInfo()?.version),
      ];
    };
    expect(await versions(59_999)).toEqual(['1', '1']);
    expect(await versions(1)).toEqual(['1', '1']);
    expect(await versions(60_000)).toEqual(['2', '2']);
    isStuck = true;
    expect(await versions(1000)).toEqual(['failed', '2']);
    expect(asked).toBe(3);
  });
});

describe('features()', () => {
  test.each([
    {
      what: 'once a minute while nothing is announced',
      generations: Array.from({ length: 62 }, () => 7),
      asked: 2,
    },
    { what: 'with every announcement', generations: [1, 1, 2, 2, 3, 4], asked: 4 },
    {
      what: 'with every poll where nothing is ever announced',
      generations: Array.from({ length: 6 }, () => undefined),
      asked: 6,
    },
  ])('are read $what', async ({ generations, asked }) => {
    let generation: number | undefined;
    const features = vi.fn<NetworkDevice['features']>(recorded.features);
    const handle: NetworkDevice = {
      ...recorded,
      get generation() {
        return generation;
      },
      features,
    };
    const { poll } = guardOf([handle]);
    for (const announced of generations) {
      generation = announced;
      await poll(['features']);
    }
    expect(features).toHaveBeenCalledTimes(asked);
  });
});

describe('readFile()', () => {
  test('reads each file once a poll, whatever the number of callers', async () => {
    const readFile = vi.fn<Host['readFile']>(async (path) => `${path} read`);
    const { guard, clock } = guardOf([], { readFile });
    for (let polls = 0; polls < 2; polls += 1) {
      clock.start();
      expect(
        await Promise.all(['/proc/stat', '/proc/stat', '/proc/net/snmp'].map(guard.readFile)),
      ).toEqual(['/proc/stat read', '/proc/stat read', '/proc/net/snmp read']);
    }
    expect(readFile).toHaveBeenCalledTimes(4);
  });

  test('names the file in a timeout', async () => {
    const { read } = stuckRead();
    const { guard, clock } = guardOf([], { readFile: read });
    clock.start();
    const content = guard.readFile('/proc/stat');
    vi.advanceTimersByTime(400);
    await expect(content).rejects.toThrow('"/proc/stat": no answer within 400 ms');
  });

  test('reads the other files while one does not answer', async () => {
    const { guard, clock } = guardOf([], {
      readFile: async (path) => (path === '/proc/stat' ? new Promise(() => {}) : path),
    });
    for (let polls = 0; polls < 2; polls += 1) {
      clock.start();
      const ends = Promise.all(
        ['/proc/stat', '/proc/net/snmp'].map(async (path) => guard.readFile(path).catch(reasonOf)),
      );
      await vi.advanceTimersByTimeAsync(400);
      expect(await ends).toEqual(['timeout', '/proc/net/snmp']);
    }
  });
});
