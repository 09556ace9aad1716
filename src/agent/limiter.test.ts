import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { createLimiter } from './limiter.ts';
import { createPollClock } from './poll-clock.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A limiter in a poll that has begun, and a way to make reads that take so long. */
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
        giveUp: () => {
          resolve(`${name} given up`);
        },
      });
    });
  };
  clock.start();
  return { started, read, clock };
}

/** What has been settled after so long. */
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
  test('starts so many at a time, and the next when one has ended', async () => {
    const { started, read } = testLimiter(2, 10);
    const reads = [read('a', 30), read('b', 40), read('c', 10)];
    expect(await settledAfter(20, reads)).toEqual([undefined, undefined, undefined]);
    expect(started).toEqual(['a', 'b']);
    expect(await settledAfter(25, reads)).toEqual(['a', 'b', 'c']);
  });

  test('starts reads in the order in which they came', async () => {
    const { started, read } = testLimiter(2, 10);
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    await settledAfter(
      60,
      names.map(async (name) => read(name, 10)),
    );
    expect(started).toEqual(names);
  });

  test('starts another instead of a read that waits, within two ticks', async () => {
    const { started, read } = testLimiter(1, 10);
    const reads = [read('stuck', 1e6), read('b', 10)];
    await settledAfter(49, reads);
    expect(started).toEqual(['stuck']);
    expect(await settledAfter(21, reads)).toEqual([undefined, 'b']);
  });

  test('counts a read that waited only once when it ends', async () => {
    const { started, read } = testLimiter(1, 10);
    const slow = read('slow', 100);
    await settledAfter(110, [slow]);
    const reads = [read('b', 20), read('c', 20)];
    await settledAfter(10, reads);
    expect(started).toEqual(['slow', 'b']);
    expect(await settledAfter(40, reads)).toEqual(['b', 'c']);
  });

  test('starts no more reads than may be in flight together', async () => {
    const { started, read } = testLimiter(4, 2);
    const reads = [read('stuck', 1e6), read('b', 100), read('c', 10)];
    await settledAfter(90, reads);
    expect(started).toEqual(['stuck', 'b']);
    expect(await settledAfter(30, reads)).toEqual([undefined, 'b', 'c']);
  });

  test('gives up at the deadline, also what cannot be started before it', async () => {
    const { started, read } = testLimiter(4, 2);
    const stuck = [read('stuck', 1e6), read('stuck too', 1e6)];
    const reads = Array.from({ length: 20 }, async (_, index) => read(`${index}`, 10));
    expect(await settledAfter(399, [...stuck, ...reads])).toEqual(
      [...stuck, ...reads].map(() => undefined),
    );
    expect(await settledAfter(1, reads)).toEqual(reads.map((_, index) => `${index} given up`));
    expect(await settledAfter(0, stuck)).toEqual(['stuck given up', 'stuck too given up']);
    expect(started).toEqual(['stuck', 'stuck too']);
  });

  test('makes thousands of quick reads that take longer than the deadline together', async () => {
    const { started, read } = testLimiter(4, 10);
    const names = Array.from({ length: 4000 }, (_, index) => `${index}`);
    const reads = names.map(async (name) => read(name, 1));
    expect(await settledAfter(1000, reads)).toEqual(names);
    expect(started).toEqual(names);
  });

  test('makes them also where a few of them do not come back', async () => {
    const { read } = testLimiter(4, 10);
    const names = Array.from({ length: 3000 }, (_, index) => `${index}`);
    const stuck = new Set(['250', '750', '1250', '1750', '2250', '2750']);
    const reads = names.map(async (name) => read(name, stuck.has(name) ? 1e6 : 1));
    expect(await settledAfter(2000, reads)).toEqual(
      names.map((name) => (stuck.has(name) ? `${name} given up` : name)),
    );
  });

  test('gives up, after the deadline, when nothing was started for four ticks', async () => {
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
    expect(await settledAfter(1, reads)).toEqual(['stuck given up', 'b given up', 'c given up']);
    expect(started).toHaveLength(47);
  });

  test('gives a read that comes after the deadline four ticks', async () => {
    const { started, read } = testLimiter(4, 10);
    await settledAfter(410, []);
    const reads = [read('late', 80), read('stuck', 1e6)];
    expect(await settledAfter(89, reads)).toEqual(['late', undefined]);
    expect(await settledAfter(1, reads)).toEqual(['late', 'stuck given up']);
    expect(started).toEqual(['late', 'stuck']);
  });

  test('starts nothing in the next poll that was given up in the last', async () => {
    const { started, read, clock } = testLimiter(1, 1);
    await settledAfter(400, [read('stuck', 500), read('b', 10)]);
    clock.start();
    await settledAfter(300, []);
    expect(started).toEqual(['stuck']);
  });

  test('lets a read that was given up keep no other of the next poll from being made', async () => {
    const { read, clock } = testLimiter(1, 10);
    await settledAfter(400, [read('stuck', 1e6)]);
    clock.start();
    expect(await settledAfter(20, [read('b', 10)])).toEqual(['b']);
  });

  test('gives up where all that may be in flight was given up in an earlier poll', async () => {
    const { started, read, clock } = testLimiter(4, 2);
    const quick = Array.from({ length: 120 }, async (_, index) => read(`${index}`, 10));
    // Both were started in a tick that the next poll reaches only after its deadline.
    await settledAfter(1000, [...quick, read('stuck', 1e6), read('stuck too', 1e6)]);
    expect(started).toHaveLength(122);
    clock.stop();
    clock.start();
    const reads = [read('b', 10)];
    expect(await settledAfter(399, reads)).toEqual([undefined]);
    expect(await settledAfter(1, reads)).toEqual(['b given up']);
    expect(started).toHaveLength(122);
  });

  test('starts one read of a key at a time', async () => {
    const { started, read } = testLimiter(4, 10);
    const reads = [read('a1', 30, 'a'), read('a2', 30, 'a'), read('a3', 30, 'a'), read('b', 30)];
    await settledAfter(20, reads);
    expect(started).toEqual(['a1', 'b']);
    await settledAfter(30, reads);
    expect(started).toEqual(['a1', 'b', 'a2']);
    expect(await settledAfter(60, reads)).toEqual(['a1', 'a2', 'a3', 'b']);
  });

  test('gives up on a key whose read does not come back, at once from the second time on', async () => {
    const { started, read, clock } = testLimiter(4, 10);
    const stuck = read('a1', 2000, 'a');
    expect(await settledAfter(500, [stuck, read('a2', 10, 'a'), read('a3', 10, 'a')])).toEqual([
      'a1 given up',
      'a2 given up',
      'a3 given up',
    ]);
    expect(await settledAfter(0, [read('a4', 10, 'a')])).toEqual(['a4 given up']);
    clock.start();
    expect(await settledAfter(0, [read('a5', 10, 'a')])).toEqual(['a5 given up']);
    expect(started).toEqual(['a1']);
    await settledAfter(1600, []);
    clock.start();
    expect(await settledAfter(20, [read('a6', 10, 'a')])).toEqual(['a6']);
  });
});
