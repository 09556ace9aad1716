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
  test('runs one task at a time and says whether it succeeded', async () => {
    const { open, add } = recorded();
    const outcomes = [add('a', 'right', true), add('a', 'wrong', false), add('b', 'gone')];
    open();
    expect(await Promise.all(outcomes)).toEqual([true, false, undefined]);
  });

  test('runs the task of the client that came last, then those of clients that failed, by how long ago', async () => {
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

  test('forgives a client that succeeds, and forgets a failure when there are too many', async () => {
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

  test('takes no more tasks of one client than may wait', async () => {
    const { open, add, order } = recorded({ maxTasks: 2 });
    const waiting = ['1', '2', '3'].map(async (name) => add('a', name, true));
    expect(await add('a', 'too many', true)).toBeUndefined();
    open();
    expect(await Promise.all(waiting)).toEqual([true, true, true]);
    expect(order).not.toContain('too many');
  });

  test('takes another task of a client that waits when no other client may', async () => {
    const { open, add } = recorded({ maxClients: 2 });
    const waiting = ['running', 'a', 'b', 'b'].map(async (client) => add(client, client, true));
    open();
    expect(await Promise.all(waiting)).toEqual([true, true, true, true]);
  });

  test('drops all tasks of the client that is last in rank when too many wait, which then counts as failed', async () => {
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

  test('goes on after a task that throws', async () => {
    const queue = createFairQueue(limits);
    const throwing = queue.run('a', async () => {
      throw new Error('broken');
    });
    const next = queue.run('a', async () => true);
    await expect(throwing).rejects.toThrow('broken');
    expect(await next).toBe(true);
  });
});
