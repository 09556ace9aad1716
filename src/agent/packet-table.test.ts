import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { createRecordedHost } from '../../test/support/recorded-host.ts';
import type { Host } from '../host/host.ts';
import type { PacketCounters } from '../model/device.ts';
import { SourceError } from '../model/errors.ts';
import { createPacketTable } from './packet-table.ts';
import { createPollClock } from './poll-clock.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const [device, other] = createRecordedHost('debian-6.12.95-qemu').devices();

/** A table whose answers come after the delays given, one after the other; the last delay stays. */
function tableAfter(...delays: readonly number[]) {
  const startedAt: number[] = [];
  const clock = createPollClock(25);
  const table = createPacketTable(
    {
      packetCounters: async () => {
        const delay = delays[Math.min(startedAt.length, delays.length - 1)] ?? 0;
        startedAt.push(performance.now());
        const counters: PacketCounters = { rxPackets: startedAt.length, txPackets: 0 };
        await new Promise((resolve) => {
          setTimeout(resolve, delay);
        });
        return new Map(device === undefined ? [] : [[device, counters]]);
      },
    },
    clock,
  );
  /** Polls, and says what the table gave, and after how long. */
  const poll = async () => {
    clock.start();
    const polledAt = performance.now();
    const answer = table.read().then(() => ({
      rxPackets: device && table.get(device)?.rxPackets,
      after: performance.now() - polledAt,
    }));
    void answer.then(clock.stop);
    await vi.advanceTimersByTimeAsync(1000);
    return answer;
  };
  return { table, poll, startedAt };
}

describe('createPacketTable()', () => {
  test('is read again on each call', async () => {
    const { table, poll } = tableAfter(10);
    expect(device && table.get(device)).toBeUndefined();
    expect(await poll()).toEqual({ rxPackets: 1, after: 10 });
    expect(await poll()).toEqual({ rxPackets: 2, after: 10 });
    expect(other && table.get(other)).toBeUndefined();
  });

  test.each([
    ['fails', async () => Promise.reject(new SourceError('denied', 'no'))],
    ['there is none', async () => undefined],
  ])(
    'knows no device where reading it %s, and is read again with the next poll',
    async (_, host) => {
      const clock = createPollClock(25);
      const packetCounters = vi.fn<Host['packetCounters']>(host);
      const table = createPacketTable({ packetCounters }, clock);
      for (let poll = 0; poll < 3; poll += 1) {
        clock.start();
        await table.read();
        expect(device && table.get(device)).toBeUndefined();
        clock.stop();
      }
      expect(packetCounters).toHaveBeenCalledTimes(3);
    },
  );

  test('times out early enough to read each device by itself', async () => {
    const { poll } = tableAfter(99, 1e6);
    expect(await poll()).toEqual({ rxPackets: 1, after: 99 });
    // Nor does it serve the previous table.
    expect(await poll()).toEqual({ rxPackets: undefined, after: 100 });
  });

  test('is not read again while it is in flight, however long', async () => {
    const { poll, startedAt } = tableAfter(60_500, 10);
    await poll();
    for (let second = 1; second < 60; second += 1) {
      expect(await poll()).toEqual({ rxPackets: undefined, after: 0 });
    }
    expect(startedAt).toHaveLength(1);
    await poll();
    expect(await poll()).toEqual({ rxPackets: 2, after: 10 });
  });

  test('is not read again for 10 s after a timeout', async () => {
    const { poll, startedAt } = tableAfter(150, 10);
    const begin = performance.now();
    for (let second = 0; second < 12; second += 1) {
      await poll();
    }
    expect(startedAt.map((time) => time - begin)).toEqual([0, 11_000]);
  });
});
