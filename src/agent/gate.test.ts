import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { createGate } from './gate.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const deadlineMilliseconds = 400;

/** A gate, and a way to send reads through it that take so long. */
function testGate(places: number, capacity: number) {
  const started: string[] = [];
  const gate = createGate({ places, placeMilliseconds: 50, capacity, deadlineMilliseconds });
  const send = async (name: string, milliseconds: number, lane = name): Promise<string> => {
    const flight = await gate.pass(lane, () => {
      started.push(name);
      return {
        ended: new Promise<string>((resolve) => {
          setTimeout(resolve, milliseconds, name);
        }),
      };
    });
    return flight === undefined ? `${name} refused` : flight.ended;
  };
  return { started, send };
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

describe('createGate()', () => {
  test('starts so many at a time, and the next when one has ended', async () => {
    const { started, send } = testGate(2, 10);
    const reads = [send('a', 30), send('b', 40), send('c', 10)];
    expect(await settledAfter(20, reads)).toEqual([undefined, undefined, undefined]);
    expect(started).toEqual(['a', 'b']);
    expect(await settledAfter(25, reads)).toEqual(['a', 'b', 'c']);
  });

  test('gives the place of a read that waits to another', async () => {
    const { send } = testGate(1, 10);
    const reads = [send('stuck', 1e6), send('b', 10)];
    expect(await settledAfter(70, reads)).toEqual([undefined, 'b']);
  });

  test('starts no more reads than may be in flight together', async () => {
    const { started, send } = testGate(4, 2);
    const reads = [send('stuck', 1e6), send('b', 100), send('c', 10)];
    await settledAfter(90, reads);
    expect(started).toEqual(['stuck', 'b']);
    expect(await settledAfter(30, reads)).toEqual([undefined, 'b', 'c']);
  });

  test('refuses what cannot be started before the deadline', async () => {
    const { started, send } = testGate(4, 2);
    const stuck = [send('stuck', 1e6), send('stuck too', 1e6)];
    const reads = Array.from({ length: 20 }, async (_, index) => send(`${index}`, 10));
    await settledAfter(500, [...stuck, ...reads]);
    expect(await settledAfter(0, reads)).toEqual(reads.map((_, index) => `${index} refused`));
    expect(started).toEqual(['stuck', 'stuck too']);
  });

  test('starts one read of a lane at a time', async () => {
    const { started, send } = testGate(4, 10);
    const reads = [send('a1', 30, 'a'), send('a2', 30, 'a'), send('a3', 30, 'a'), send('b', 30)];
    await settledAfter(20, reads);
    expect(started).toEqual(['a1', 'b']);
    await settledAfter(30, reads);
    expect(started).toEqual(['a1', 'b', 'a2']);
    expect(await settledAfter(60, reads)).toEqual(['a1', 'a2', 'a3', 'b']);
  });

  test('refuses a lane whose read does not come back, at once from the second time on', async () => {
    const { started, send } = testGate(4, 10);
    const stuck = send('a1', 2000, 'a');
    expect(await settledAfter(500, [stuck, send('a2', 10, 'a'), send('a3', 10, 'a')])).toEqual([
      undefined,
      'a2 refused',
      'a3 refused',
    ]);
    expect(await settledAfter(0, [send('a4', 10, 'a')])).toEqual(['a4 refused']);
    expect(started).toEqual(['a1']);
    expect(await settledAfter(1600, [stuck])).toEqual(['a1']);
    expect(await settledAfter(20, [send('a5', 10, 'a')])).toEqual(['a5']);
  });
});
