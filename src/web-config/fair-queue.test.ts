import { describe, expect, test } from 'vitest';

import { createFairQueue } from './fair-queue.ts';

describe('createFairQueue()', () => {
  test('runs one task at a time, in turns between those who ask', async () => {
    const queue = createFairQueue({ largestLane: 8, largestLanes: 8 });
    const order: string[] = [];
    let running = 0;
    const task = (name: string) => async () => {
      running += 1;
      expect(running).toBe(1);
      await Promise.resolve();
      order.push(name);
      running -= 1;
    };
    const flood = [1, 2, 3, 4].map(async (number) => queue.run('flood', task(`flood ${number}`)));
    await Promise.all([
      ...flood,
      queue.run('other', task('other 1')),
      queue.run('other', task('other 2')),
    ]);
    expect(order).toEqual(['flood 1', 'flood 2', 'other 1', 'flood 3', 'other 2', 'flood 4']);
  });

  test('takes no more than may wait, of one and of all', async () => {
    const queue = createFairQueue({ largestLane: 2, largestLanes: 2 });
    let open: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const waiting = ['a', 'a', 'a', 'b'].map(
      (asker) => queue.run(asker, async () => gate) ?? 'full',
    );
    expect(waiting).not.toContain('full');
    expect(queue.run('a', async () => {})).toBeUndefined();
    expect(queue.run('c', async () => {})).toBeUndefined();
    open?.();
    await Promise.all(waiting.map(async (one) => one));
    await expect(queue.run('c', async () => 'served')).resolves.toBe('served');
  });

  test('goes on after a task that fails', async () => {
    const queue = createFairQueue({ largestLane: 2, largestLanes: 2 });
    const failing = queue.run('a', async () => {
      throw new Error('broken');
    });
    const next = queue.run('a', async () => 'fine');
    await expect(failing).rejects.toThrow('broken');
    await expect(next).resolves.toBe('fine');
  });
});
