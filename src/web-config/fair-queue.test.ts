import { describe, expect, test } from 'vitest';

import { createFairQueue } from './fair-queue.ts';
import type { FairQueue } from './fair-queue.ts';

const limits = { maxTasks: 8, maxClients: 8, maxFailed: 8 };

/** A queue, and in which order its tasks ran: none before `open()`. */
function recorded(options: Partial<typeof limits> = {}): {
  readonly order: string[];
  readonly open: () => void;
  readonly add: (client: string, name: string, outcome?: boolean) => ReturnType<FairQueue['run']>;
} {
  const queue = createFairQueue({ ...limits, ...options });
  const order: string[] = [];
  let openGate: (() => void) | undefined;
  const gate = new Promise<void>((resolve) => {
    openGate = resolve;
  });
  let running = 0;
  const add = async (client: string, name: string, outcome?: boolean) =>
    queue.run(client, async () => {
      running += 1;
      expect(running).toBe(1);
      await gate;
      order.push(name);
      running -= 1;
      return outcome;
    });
  return { order, open: () => openGate?.(), add };
}

describe('createFairQueue()', () => {
  test('runs one task at a time and returns whether it succeeded', async () => {
    const { open, add } = recorded();
    const outcomes = [add('a', 'right', true), add('a', 'wrong', false), add('b', 'gone')];
    open();
    expect(await Promise.all(outcomes)).toEqual([true, false, undefined]);
  });

  test('runs the most recent client first, then failed clients, the least recent failure first', async () => {
    const { order, open, add } = recorded();
    const waiting = [
      add('a', 'a1', false),
      add('a', 'a2', false),
      add('b', 'b1', false),
      add('b', 'b2', false),
      add('c', 'c1', true),
      add('c', 'c2', true),
    ];
    open();
    await Promise.all(waiting);
    expect(order).toEqual(['a1', 'c1', 'c2', 'b1', 'a2', 'b2']);
  });

  test('clears the failure of a client that succeeds, and evicts failures above the maximum', async () => {
    const { order, open, add } = recorded({ maxFailed: 2 });
    open();
    for (const client of ['forgotten', 'forgiven', 'failed', 'failed']) {
      await add(client, client, false);
    }
    await add('forgiven', 'forgiven', true);
    order.splice(0);
    await Promise.all(
      ['none', 'failed', 'forgiven', 'forgotten'].map(async (client) => add(client, client)),
    );
    expect(order).toEqual(['none', 'forgotten', 'forgiven', 'failed']);
  });

  test('rejects tasks of a client above its maximum', async () => {
    const { open, add, order } = recorded({ maxTasks: 2 });
    const waiting = ['1', '2', '3'].map(async (name) => add('a', name, true));
    expect(await add('a', 'too many', true)).toBeUndefined();
    open();
    expect(await Promise.all(waiting)).toEqual([true, true, true]);
    expect(order).not.toContain('too many');
  });

  test('accepts another task of a queued client when the queue of clients is full', async () => {
    const { open, add } = recorded({ maxClients: 2 });
    const waiting = ['running', 'a', 'b', 'b'].map(async (client) => add(client, client, true));
    open();
    expect(await Promise.all(waiting)).toEqual([true, true, true, true]);
  });

  test('discards all tasks of the client of the lowest priority when the queue is full, and counts it as failed', async () => {
    const { order, open, add } = recorded({ maxClients: 2 });
    const running = add('running', 'running', true);
    const dropped = [add('first', 'first', true), add('first', 'first', true)];
    const waiting = [add('second', 'second', true), add('third', 'third', true)];
    expect(await Promise.all(dropped)).toEqual([undefined, undefined]);
    expect(await add('first', 'again', true)).toBeUndefined();
    open();
    expect(await Promise.all([running, ...waiting])).toEqual([true, true, true]);
    expect(order).toEqual(['running', 'third', 'second']);
  });

  test('continues after a task that throws', async () => {
    const queue = createFairQueue(limits);
    const throwing = queue.run('a', async () => {
      throw new Error('broken');
    });
    const next = queue.run('a', async () => true);
    await expect(throwing).rejects.toThrow('broken');
    expect(await next).toBe(true);
  });
});
