import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { createGate } from './gate.ts';
import { createGuardedRead } from './guarded-read.ts';
import type { GuardedRead } from './guarded-read.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const deadlineMilliseconds = 400;

function twoAtATime() {
  return createGate({ places: 2, placeMilliseconds: 50, capacity: 4, deadlineMilliseconds });
}

/** A guarded read whose answers come after the delays given, one after the other; the last delay stays. */
function slowRead(...delays: readonly number[]): {
  readonly guarded: GuardedRead<string>;
  readonly started: string[];
} {
  const started: string[] = [];
  const guarded = createGuardedRead(
    async (key) => {
      started.push(key);
      const number = started.length;
      const delay = delays[Math.min(number, delays.length) - 1] ?? 0;
      await new Promise((resolve) => {
        setTimeout(resolve, delay);
      });
      return `${key} ${number}`;
    },
    { what: 'statistics', deadlineMilliseconds, gate: twoAtATime() },
  );
  return { guarded, started };
}

/** Starts a poll that reads the keys, lets time pass, and says how each read ended. */
async function poll(
  guarded: GuardedRead<string>,
  keys: readonly string[],
  passes = 15_000,
): Promise<readonly string[]> {
  guarded.startPoll();
  const ends = keys.map((key) =>
    guarded.read(key).catch((error: unknown) => (error instanceof Error ? error.message : '')),
  );
  await vi.advanceTimersByTimeAsync(passes);
  return Promise.all(ends);
}

const timeout = 'statistics of "eno1": no answer within 400 ms';

describe('createGuardedRead()', () => {
  test('reads once a poll, whoever asks', async () => {
    const { guarded, started } = slowRead(10);
    expect(await poll(guarded, ['eno1', 'eno1', 'eno2'])).toEqual(['eno1 1', 'eno1 1', 'eno2 2']);
    expect(await poll(guarded, ['eno1'])).toEqual(['eno1 3']);
    expect(started).toEqual(['eno1', 'eno2', 'eno1']);
  });

  test('passes errors on, and tries again with the next poll', async () => {
    let attempts = 0;
    const guarded = createGuardedRead(
      async () => {
        attempts += 1;
        throw new Error(`attempt ${attempts}`);
      },
      { what: 'statistics', deadlineMilliseconds, gate: twoAtATime() },
    );
    expect(await poll(guarded, ['eno1', 'eno1'])).toEqual(['attempt 1', 'attempt 1']);
    expect(await poll(guarded, ['eno1'])).toEqual(['attempt 2']);
  });

  test('gives up at the deadline and does not start a read again that is in flight', async () => {
    const { guarded, started } = slowRead(60_000, 10);
    expect(await poll(guarded, ['eno1'])).toEqual([timeout]);
    expect(await poll(guarded, ['eno1'])).toEqual([timeout]);
    expect(await poll(guarded, ['eno1'])).toEqual([timeout]);
    expect(started).toEqual(['eno1']);
    // 60 s are over: the stuck read has come back, and the device is well again.
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await poll(guarded, ['eno1'])).toEqual(['eno1 2']);
    expect(await poll(guarded, ['eno1'])).toEqual(['eno1 3']);
  });

  test('says at once that a read is still in flight', async () => {
    const { guarded } = slowRead(60_000);
    await poll(guarded, ['eno1']);
    guarded.startPoll();
    await expect(guarded.read('eno1')).rejects.toMatchObject({ reason: 'timeout' });
  });

  test('serves a slow device one poll late instead of never', async () => {
    const { guarded } = slowRead(1000);
    expect(await poll(guarded, ['eno1'])).toEqual([timeout]);
    expect(await poll(guarded, ['eno1'])).toEqual(['eno1 1']);
    expect(await poll(guarded, ['eno1'])).toEqual(['eno1 2']);
    expect(await poll(guarded, ['eno1'])).toEqual(['eno1 3']);
  });

  test('leaves a device alone for longer each time it answers late, and serves what there is', async () => {
    const { guarded, started } = slowRead(600);
    const startedBySecond: number[] = [];
    const answers: string[] = [];
    for (let second = 0; second < 60; second += 1) {
      answers.push(...(await poll(guarded, ['eno1'], 1000)));
      startedBySecond.push(started.length);
    }
    const starts = startedBySecond.flatMap((count, second) =>
      count > (startedBySecond[second - 1] ?? 0) ? [second] : [],
    );
    // Late by 0.6 s, and then a pause of 1, 2, 4, 8, 10, 10 ... seconds, to the next whole second.
    expect(starts).toEqual([0, 2, 5, 10, 19, 30, 41, 52]);
    expect(answers.filter((answer) => answer === timeout)).toHaveLength(1);
  });

  test('asks a device that was stuck again within a second after it has come back', async () => {
    const { guarded } = slowRead(60_000, 10);
    await poll(guarded, ['eno1'], 61_100);
    expect(await poll(guarded, ['eno1'])).toEqual(['eno1 2']);
  });

  test('is as fresh as before when a device was slow once', async () => {
    const { guarded } = slowRead(1000, 10);
    expect(await poll(guarded, ['eno1'])).toEqual([timeout]);
    expect(await poll(guarded, ['eno1'])).toEqual(['eno1 2']);
    expect(await poll(guarded, ['eno1'])).toEqual(['eno1 3']);
  });

  test('forgets a late answer nobody asked for', async () => {
    const { guarded } = slowRead(1000, 10);
    await poll(guarded, ['eno1']);
    await poll(guarded, []);
    await poll(guarded, []);
    expect(await poll(guarded, ['eno1'])).toEqual(['eno1 2']);
  });

  test('lets a stuck read keep no other from being made', async () => {
    const { guarded } = slowRead(60_000, 60_000, 10);
    const [, , third] = await poll(guarded, ['eno1', 'eno2', 'eno3']);
    expect(third).toBe('eno3 3');
  });
});
