import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { createUnchangedRead } from './unchanged-read.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A read whose answers are numbered, of devices that have all seen as many changes. */
function numbered({ changes }: { changes: number | undefined }) {
  const announced = { changes };
  let number = 0;
  const read = createUnchangedRead(
    async (device) => {
      number += 1;
      if (device === 'broken') {
        throw new Error(`attempt ${number}`);
      }
      return `${device} ${number}`;
    },
    () => announced.changes,
  );
  return { read, announced };
}

describe('createUnchangedRead()', () => {
  test('reads each device once while no change is announced', async () => {
    const { read } = numbered({ changes: 7 });
    expect(await read('eno1')).toBe('eno1 1');
    expect(await read('eno2')).toBe('eno2 2');
    expect(await read('eno1')).toBe('eno1 1');
  });

  test('reads again when a change was announced', async () => {
    const { read, announced } = numbered({ changes: 7 });
    await read('eno1');
    announced.changes = 8;
    expect(await read('eno1')).toBe('eno1 2');
  });

  test('reads again after a while', async () => {
    const { read } = numbered({ changes: 7 });
    await read('eno1');
    vi.advanceTimersByTime(4999);
    expect(await read('eno1')).toBe('eno1 1');
    vi.advanceTimersByTime(1);
    expect(await read('eno1')).toBe('eno1 2');
  });

  test('reads again what was changed while it was read', async () => {
    const { read, announced } = numbered({ changes: 7 });
    const first = read('eno1');
    announced.changes = 8;
    expect(await first).toBe('eno1 1');
    expect(await read('eno1')).toBe('eno1 2');
  });

  test('reads each time where nobody can tell of changes', async () => {
    const { read } = numbered({ changes: undefined });
    await read('eno1');
    expect(await read('eno1')).toBe('eno1 2');
  });

  test('does not remember a failure, nor what was known before it', async () => {
    const { read } = numbered({ changes: 7 });
    await expect(read('broken')).rejects.toThrow('attempt 1');
    await expect(read('broken')).rejects.toThrow('attempt 2');
  });
});
