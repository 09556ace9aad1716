import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { createGuardedRead, readNow } from './guarded-read.ts';
import type { GuardedRead, Ttl } from './guarded-read.ts';
import { createLimiter } from './limiter.ts';
import { createPollClock } from './poll-clock.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

interface GuardedDevicesOptions {
  /** How long the answers take, one after the other; the last delay stays. */
  readonly delays?: readonly number[];
  readonly ttl?: Ttl;
  /** Whether reads fail. */
  readonly fails?: boolean;
}

/** Guarded reads of devices, whose answers are numbered, and the polls that make them. */
function guardedDevices({ delays = [0], ttl, fails = false }: GuardedDevicesOptions) {
  const started: string[] = [];
  const clock = createPollClock(25);
  const limiter = createLimiter({ concurrency: 2, capacity: 4, clock });
  const reads = new Map<string, GuardedRead<string>>();

  const guard = (device: string): GuardedRead<string> =>
    createGuardedRead(
      async () => {
        started.push(device);
        const number = started.length;
        await new Promise((resolve) => {
          setTimeout(resolve, delays[Math.min(number, delays.length) - 1]);
        });
        if (fails) {
          throw new Error(`attempt ${number}`);
        }
        return `${device} ${number}`;
      },
      {
        what: () => `statistics of "${device}"`,
        clock,
        limiter,
        key: {},
        ...(ttl === undefined ? {} : { ttl }),
      },
    );

  /** Polls the devices once, advances the time, and returns how each read ended. */
  const poll = async (devices: readonly string[], passes = 15_000): Promise<readonly string[]> => {
    clock.start();
    const ends = Promise.all(
      devices.map(async (device) => {
        const read = reads.get(device) ?? guard(device);
        reads.set(device, read);
        return readNow(read).catch((error: unknown) =>
          error instanceof Error ? error.message : '',
        );
      }),
    );
    void ends.then(clock.stop);
    await vi.advanceTimersByTimeAsync(passes);
    return ends;
  };
  return { poll, started };
}

const timeout = 'statistics of "eno1": no answer within 400 ms';

/** One guarded read, and the clock of its polls. */
function guardedRead<Value>(read: () => Promise<Value>) {
  const clock = createPollClock(25);
  const limiter = createLimiter({ concurrency: 2, capacity: 4, clock });
  return {
    clock,
    read: createGuardedRead(read, {
      what: () => 'statistics of "eno1"',
      clock,
      limiter,
      key: {},
    }),
  };
}

describe('createGuardedRead()', () => {
  test('reads once a poll, whatever the number of callers', async () => {
    const { poll, started } = guardedDevices({ delays: [10] });
    expect(await poll(['eno1', 'eno1', 'eno2'])).toEqual(['eno1 1', 'eno1 1', 'eno2 2']);
    expect(await poll(['eno1'])).toEqual(['eno1 3']);
    expect(started).toEqual(['eno1', 'eno2', 'eno1']);
  });

  test('passes errors on, and retries in the next poll', async () => {
    const { poll } = guardedDevices({ fails: true });
    expect(await poll(['eno1', 'eno1'])).toEqual(['attempt 1', 'attempt 1']);
    expect(await poll(['eno1'])).toEqual(['attempt 2']);
  });

  test('times out at the deadline and does not repeat a read in flight', async () => {
    const { poll, started } = guardedDevices({ delays: [60_000, 10] });
    expect(await poll(['eno1'])).toEqual([timeout]);
    expect(await poll(['eno1'])).toEqual([timeout]);
    expect(await poll(['eno1'])).toEqual([timeout]);
    expect(started).toEqual(['eno1']);
    // After 60 s the stuck read has returned, and the device works again.
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await poll(['eno1'])).toEqual(['eno1 2']);
    expect(await poll(['eno1'])).toEqual(['eno1 3']);
  });

  test('times out at once while a read is still in flight', () => {
    const { read, clock } = guardedRead(() => new Promise(() => {}));
    const ended = vi.fn<() => void>();
    clock.start();
    read.refresh(ended);
    vi.advanceTimersByTime(399);
    expect(ended).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(ended).toHaveBeenCalledTimes(1);
    const tooLong = expect.objectContaining({ reason: 'timeout', message: timeout });
    expect(read.get).toThrow(tooLong);
    clock.start();
    read.refresh(ended);
    expect(ended).toHaveBeenCalledTimes(2);
    expect(read.get).toThrow(tooLong);
  });

  test('returns the result of the last refresh until the next has ended', async () => {
    const values = ['old', 'new'];
    const { read, clock } = guardedRead(async () => {
      await new Promise((resolve) => {
        setTimeout(resolve, 10);
      });
      return values.shift();
    });
    expect(read.wasAttempted()).toBe(false);
    expect(read.get).toThrow(expect.objectContaining({ reason: 'timeout', message: timeout }));
    clock.start();
    read.refresh(() => {});
    await vi.advanceTimersByTimeAsync(10);
    expect(read.wasAttempted()).toBe(true);
    expect(read.get()).toBe('old');
    clock.start();
    read.refresh(() => {});
    await vi.advanceTimersByTimeAsync(9);
    expect(read.get()).toBe('old');
    await vi.advanceTimersByTimeAsync(1);
    expect(read.get()).toBe('new');
  });

  test('calls back every waiting caller, and later callers of the same poll at once', async () => {
    const { read, clock } = guardedRead(async () => 1);
    const ended: string[] = [];
    clock.start();
    read.refresh(() => ended.push('first'));
    read.refresh(() => ended.push('second'));
    expect(ended).toEqual([]);
    await vi.advanceTimersByTimeAsync(0);
    expect(ended).toEqual(['first', 'second']);
    read.refresh(() => ended.push('third'));
    expect(ended).toEqual(['first', 'second', 'third']);
  });

  test('serves a late result in the next poll', async () => {
    const { poll } = guardedDevices({ delays: [1000] });
    expect(await poll(['eno1'])).toEqual([timeout]);
    expect(await poll(['eno1'])).toEqual(['eno1 1']);
    expect(await poll(['eno1'])).toEqual(['eno1 2']);
    expect(await poll(['eno1'])).toEqual(['eno1 3']);
  });

  test('passes a late error on', async () => {
    const { poll } = guardedDevices({ delays: [1000], fails: true });
    expect(await poll(['eno1'])).toEqual([timeout]);
    expect(await poll(['eno1'])).toEqual(['attempt 1']);
  });

  test('backs off exponentially after late results, and serves the last of them', async () => {
    const { poll, started } = guardedDevices({ delays: [600] });
    const startedBySecond: number[] = [];
    const answers: string[] = [];
    for (let second = 0; second < 60; second += 1) {
      answers.push(...(await poll(['eno1'], 1000)));
      startedBySecond.push(started.length);
    }
    const starts = startedBySecond.flatMap((count, second) =>
      count > (startedBySecond[second - 1] ?? 0) ? [second] : [],
    );
    // Late by 0.6 s, and then a pause of 1, 2, 4, 8, 10, 10 ... seconds, to the next whole second.
    expect(starts).toEqual([0, 2, 5, 10, 19, 30, 41, 52]);
    expect(answers.filter((answer) => answer === timeout)).toHaveLength(1);
  });

  test('discards a late result when the next read times out too', async () => {
    const { poll, started } = guardedDevices({ delays: [600, 1e6] });
    expect(await poll(['eno1'], 2000)).toEqual([timeout]);
    expect(await poll(['eno1'], 1000)).toEqual(['eno1 1']);
    expect(await poll(['eno1'], 1000)).toEqual([timeout]);
    expect(await poll(['eno1'], 1000)).toEqual([timeout]);
    expect(started).toEqual(['eno1', 'eno1']);
  });

  test('discards a late result when a newer one has arrived in time', async () => {
    const { poll } = guardedDevices({ delays: [1000, 10, 1000] });
    expect(await poll(['eno1'])).toEqual([timeout]);
    expect(await poll(['eno1'])).toEqual(['eno1 2']);
    expect(await poll(['eno1'])).toEqual([timeout]);
  });

  test('retries a stuck device within a second after its read has ended', async () => {
    const { poll } = guardedDevices({ delays: [60_000, 10] });
    await poll(['eno1'], 61_100);
    expect(await poll(['eno1'])).toEqual(['eno1 2']);
  });

  test('reads on every poll again after a single late result', async () => {
    const { poll } = guardedDevices({ delays: [1000, 10] });
    expect(await poll(['eno1'])).toEqual([timeout]);
    expect(await poll(['eno1'])).toEqual(['eno1 2']);
    expect(await poll(['eno1'])).toEqual(['eno1 3']);
  });

  test('resets the backoff as soon as a device answers in time', async () => {
    const { poll, started } = guardedDevices({ delays: [600, 600, 600, 10, 600, 10] });
    // Late three times, with backoffs of 1, 2 and 4 s; in time; late, with a backoff of 1 s again.
    for (const milliseconds of [1700, 2700, 4700]) {
      await poll(['eno1'], milliseconds);
    }
    expect(await poll(['eno1'], 1000)).toEqual(['eno1 4']);
    expect(await poll(['eno1'], 1700)).toEqual([timeout]);
    expect(await poll(['eno1'], 1000)).toEqual(['eno1 6']);
    expect(started).toHaveLength(6);
  });

  test.each([
    { minutes: 1, answer: 'eno1 1' },
    { minutes: 2, answer: timeout },
  ])('serves a late answer for a minute, not for longer: $minutes', async ({ minutes, answer }) => {
    const { poll } = guardedDevices({ delays: [1000, 1e6] });
    await poll(['eno1'], 1500);
    await poll([], minutes * 60_000);
    expect(await poll(['eno1'])).toEqual([answer]);
  });

  test('lets a stuck read block no other', async () => {
    const { poll } = guardedDevices({ delays: [60_000, 60_000, 10] });
    const [, , third] = await poll(['eno1', 'eno2', 'eno3']);
    expect(third).toBe('eno3 3');
  });
});

/** Devices that have all seen as many changes. */
function announcing(generation: number | undefined, options: GuardedDevicesOptions = {}) {
  const announced = { generation };
  const ttl = { milliseconds: 5000, generation: () => announced.generation };
  return { announced, ...guardedDevices({ ...options, ttl }) };
}

describe('createGuardedRead() with a TTL', () => {
  test('reads each device once while its generation stays the same', async () => {
    const { poll } = announcing(7);
    expect(await poll(['eno1', 'eno2'], 100)).toEqual(['eno1 1', 'eno2 2']);
    expect(await poll(['eno1'], 100)).toEqual(['eno1 1']);
    expect(await poll(['eno2'], 100)).toEqual(['eno2 2']);
  });

  test('reads again when the generation has changed', async () => {
    const { poll, announced } = announcing(7);
    await poll(['eno1'], 100);
    announced.generation = 8;
    expect(await poll(['eno1'], 100)).toEqual(['eno1 2']);
    expect(await poll(['eno1'], 100)).toEqual(['eno1 2']);
  });

  test('reads again when the TTL has expired', async () => {
    const { poll } = announcing(7);
    await poll(['eno1'], 4999);
    expect(await poll(['eno1'], 1)).toEqual(['eno1 1']);
    expect(await poll(['eno1'], 1)).toEqual(['eno1 2']);
  });

  test('reads again if the generation changed during the read', async () => {
    const { poll, announced } = announcing(7, { delays: [10] });
    const first = poll(['eno1'], 100);
    announced.generation = 8;
    expect(await first).toEqual(['eno1 1']);
    expect(await poll(['eno1'], 100)).toEqual(['eno1 2']);
  });

  test('reads again if the generation changed during a late read', async () => {
    const { poll, announced } = announcing(7, { delays: [600, 10] });
    const first = poll(['eno1'], 700);
    announced.generation = 8;
    expect(await first).toEqual([timeout]);
    // While the device is given a pause there is nothing newer.
    expect(await poll(['eno1'], 1000)).toEqual(['eno1 1']);
    expect(await poll(['eno1'], 1000)).toEqual(['eno1 2']);
  });

  test('reads on every poll without a generation', async () => {
    const { poll } = announcing(undefined);
    await poll(['eno1'], 100);
    expect(await poll(['eno1'], 100)).toEqual(['eno1 2']);
  });

  test('does not cache a failure', async () => {
    const { poll } = announcing(7, { fails: true });
    expect(await poll(['eno1'], 100)).toEqual(['attempt 1']);
    expect(await poll(['eno1'], 100)).toEqual(['attempt 2']);
  });

  test('does not serve a cached value after a failure', async () => {
    const { poll, announced } = announcing(7, { delays: [0, 1e6] });
    expect(await poll(['eno1'], 100)).toEqual(['eno1 1']);
    announced.generation = 8;
    expect(await poll(['eno1'], 500)).toEqual([timeout]);
    announced.generation = 7;
    expect(await poll(['eno1'], 500)).toEqual([timeout]);
  });
});
