import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { createLimiter } from './limiter.ts';
import { createPollClock } from './poll-clock.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A limiter in a started poll, and a function that queues reads of a given duration. */
function testLimiter(concurrency: number, capacity: number) {
  const started: string[] = [];
  const keys = new Map<string, object>();
  const clock = createPollClock(25);
  const limiter = createLimiter({ concurrency, capacity, clock });
  const read = async (name: string, milliseconds: number, keyName = name): Promise<string> => {
    const key = keys.get(keyName) ?? {};
    keys.set(keyName, key);
    return new Promise((resolve) => {
      limiter.add({
        key,
        start: (ended) => {
          started.push(name);
          setTimeout(() => {
            resolve(name);
            ended();
          }, milliseconds);
        },
        onTimeout: () => {
          resolve(`${name} timed out`);
        },
      });
    });
  };
  clock.start();
  return { started, read, clock };
}

/** The reads that have settled after this time. */
async function settledAfter(
  milliseconds: number,
  reads: readonly Promise<string>[],
): Promise<readonly (string | undefined)[]> {
  const settled: (string | undefined)[] = reads.map(() => undefined);
  for (const [index, read] of reads.entries()) {
    void read.then((value) => {
      settled[index] = value;
    });
  }
  await vi.advanceTimersByTimeAsync(milliseconds);
  return settled;
}

describe('createLimiter()', () => {
  test('limits concurrency, and starts the next read when one has ended', async () => {
    const { started, read } = testLimiter(2, 10);
    const reads = [read('a', 30), read('b', 40), read('c', 10)];
    expect(await settledAfter(20, reads)).toEqual([undefined, undefined, undefined]);
    expect(started).toEqual(['a', 'b']);
    expect(await settledAfter(25, reads)).toEqual(['a', 'b', 'c']);
  });

  test('starts reads first in, first out', async () => {
    const { started, read } = testLimiter(2, 10);
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    await settledAfter(
      60,
      names.map(async (name) => read(name, 10)),
    );
    expect(started).toEqual(names);
  });

  test('starts another read within two ticks while one is blocked', async () => {
    const { started, read } = testLimiter(1, 10);
    const reads = [read('stuck', 1e6), read('b', 10)];
    await settledAfter(49, reads);
    expect(started).toEqual(['stuck']);
    expect(await settledAfter(21, reads)).toEqual([undefined, 'b']);
  });

  test('counts a blocked read only once when it ends', async () => {
    const { started, read } = testLimiter(1, 10);
    const slow = read('slow', 100);
    await settledAfter(110, [slow]);
    const reads = [read('b', 20), read('c', 20)];
    await settledAfter(10, reads);
    expect(started).toEqual(['slow', 'b']);
    expect(await settledAfter(40, reads)).toEqual(['b', 'c']);
  });

  test('limits the reads in flight', async () => {
    const { started, read } = testLimiter(4, 2);
    const reads = [read('stuck', 1e6), read('b', 100), read('c', 10)];
    await settledAfter(90, reads);
    expect(started).toEqual(['stuck', 'b']);
    expect(await settledAfter(30, reads)).toEqual([undefined, 'b', 'c']);
  });

  test('times out reads at the deadline, queued ones included', async () => {
    const { started, read } = testLimiter(4, 2);
    const stuck = [read('stuck', 1e6), read('stuck too', 1e6)];
    const reads = Array.from({ length: 20 }, async (_, index) => read(`${index}`, 10));
    expect(await settledAfter(399, [...stuck, ...reads])).toEqual(
      [...stuck, ...reads].map(() => undefined),
    );
    expect(await settledAfter(1, reads)).toEqual(reads.map((_, index) => `${index} timed out`));
    expect(await settledAfter(0, stuck)).toEqual(['stuck timed out', 'stuck too timed out']);
    expect(started).toEqual(['stuck', 'stuck too']);
  });

  test('makes thousands of quick reads that together outlast the deadline', async () => {
    const { started, read } = testLimiter(4, 10);
    const names = Array.from({ length: 4000 }, (_, index) => `${index}`);
    const reads = names.map(async (name) => read(name, 1));
    expect(await settledAfter(1000, reads)).toEqual(names);
    expect(started).toEqual(names);
  });

  test('makes them even if a few of them are stuck', async () => {
    const { read } = testLimiter(4, 10);
    const names = Array.from({ length: 3000 }, (_, index) => `${index}`);
    const stuck = new Set(['250', '750', '1250', '1750', '2250', '2750']);
    const reads = names.map(async (name) => read(name, stuck.has(name) ? 1e6 : 1));
    expect(await settledAfter(2000, reads)).toEqual(
      names.map((name) => (stuck.has(name) ? `${name} timed out` : name)),
    );
  });

  test('times out queued reads after the deadline when none was started for four ticks', async () => {
    const { started, read } = testLimiter(1, 1);
    const quick = Array.from({ length: 46 }, async (_, index) => read(`${index}`, 10));
    // Its turn comes after 460 ms, in the 18th tick.
    const reads = [read('stuck', 1e6), read('b', 10), read('c', 10)];
    expect(await settledAfter(549, [...quick, ...reads])).toEqual([
      ...Array.from({ length: 46 }, (_, index) => `${index}`),
      undefined,
      undefined,
      undefined,
    ]);
    expect(await settledAfter(1, reads)).toEqual(['stuck timed out', 'b timed out', 'c timed out']);
    expect(started).toHaveLength(47);
  });

  test('gives a read queued after the deadline four ticks', async () => {
    const { started, read } = testLimiter(4, 10);
    await settledAfter(410, []);
    const reads = [read('late', 80), read('stuck', 1e6)];
    expect(await settledAfter(89, reads)).toEqual(['late', undefined]);
    expect(await settledAfter(1, reads)).toEqual(['late', 'stuck timed out']);
    expect(started).toEqual(['late', 'stuck']);
  });

  test('does not start a read that timed out in the previous poll', async () => {
    const { started, read, clock } = testLimiter(1, 1);
    await settledAfter(400, [read('stuck', 500), read('b', 10)]);
    clock.start();
    await settledAfter(300, []);
    expect(started).toEqual(['stuck']);
  });

  test('lets a read that timed out block no other of the next poll', async () => {
    const { read, clock } = testLimiter(1, 10);
    await settledAfter(400, [read('stuck', 1e6)]);
    clock.start();
    expect(await settledAfter(20, [read('b', 10)])).toEqual(['b']);
  });

  test('times out new reads while reads that timed out use the whole capacity', async () => {
    const { started, read, clock } = testLimiter(4, 2);
    const quick = Array.from({ length: 120 }, async (_, index) => read(`${index}`, 10));
    // Both were started in a tick that the next poll reaches only after its deadline.
    await settledAfter(1000, [...quick, read('stuck', 1e6), read('stuck too', 1e6)]);
    expect(started).toHaveLength(122);
    clock.stop();
    clock.start();
    const reads = [read('b', 10)];
    expect(await settledAfter(399, reads)).toEqual([undefined]);
    expect(await settledAfter(1, reads)).toEqual(['b timed out']);
    expect(started).toHaveLength(122);
  });

  test('has at most one read per key in flight', async () => {
    const { started, read } = testLimiter(4, 10);
    const reads = [read('a1', 30, 'a'), read('a2', 30, 'a'), read('a3', 30, 'a'), read('b', 30)];
    await settledAfter(20, reads);
    expect(started).toEqual(['a1', 'b']);
    await settledAfter(30, reads);
    expect(started).toEqual(['a1', 'b', 'a2']);
    expect(await settledAfter(60, reads)).toEqual(['a1', 'a2', 'a3', 'b']);
  });

  test('times out what is queued behind a stuck read of its key, while others are still made', async () => {
    const { started, read } = testLimiter(2, 10);
    const behind = [read('a1', 1e6, 'a'), read('a2', 10, 'a')];
    const quick = Array.from({ length: 100 }, async (_, index) => read(`${index}`, 10));
    expect(await settledAfter(400, behind)).toEqual(['a1 timed out', 'a2 timed out']);
    expect(started.length).toBeLessThan(100);
    await settledAfter(1000, quick);
    expect(started).toHaveLength(101);
  });

  test('times out a key whose read is stuck, at once from the second time on', async () => {
    const { started, read, clock } = testLimiter(4, 10);
    const stuck = read('a1', 2000, 'a');
    expect(await settledAfter(500, [stuck, read('a2', 10, 'a'), read('a3', 10, 'a')])).toEqual([
      'a1 timed out',
      'a2 timed out',
      'a3 timed out',
    ]);
    expect(await settledAfter(0, [read('a4', 10, 'a')])).toEqual(['a4 timed out']);
    clock.start();
    expect(await settledAfter(0, [read('a5', 10, 'a')])).toEqual(['a5 timed out']);
    expect(started).toEqual(['a1']);
    await settledAfter(1600, []);
    clock.start();
    expect(await settledAfter(20, [read('a6', 10, 'a')])).toEqual(['a6']);
  });
});
