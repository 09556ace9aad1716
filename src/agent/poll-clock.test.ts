import { setImmediate } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { createPollClock } from './poll-clock.ts';
import type { PollClock } from './poll-clock.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A clock of 25 ms, and what its listener was called with. */
function clockWithListener(): { readonly clock: PollClock; readonly heard: number[] } {
  const clock = createPollClock(25);
  const heard: number[] = [];
  clock.onTick((ticks) => heard.push(ticks));
  return { clock, heard };
}

describe('createPollClock()', () => {
  test('ticks for as long as the poll takes', () => {
    const { clock, heard } = clockWithListener();
    clock.start();
    expect(clock.ticks()).toBe(0);
    vi.advanceTimersByTime(74);
    expect(heard).toEqual([1, 2]);
    expect(clock.ticks()).toBe(2);
    vi.advanceTimersByTime(1);
    expect(heard).toEqual([1, 2, 3]);
    expect(clock.ticks()).toBe(3);
    vi.advanceTimersByTime(10_000);
    expect(clock.ticks()).toBe(403);
  });

  test('counts a tick before it calls its listeners, in order', () => {
    const clock = createPollClock(25);
    const heard: string[] = [];
    clock.onTick((ticks) => heard.push(`first ${ticks} ${clock.ticks()}`));
    clock.onTick((ticks) => heard.push(`second ${ticks} ${clock.ticks()}`));
    clock.start();
    vi.advanceTimersByTime(25);
    expect(heard).toEqual(['first 1 1', 'second 1 1']);
  });

  test('does not tick before the first poll', () => {
    const { clock, heard } = clockWithListener();
    vi.advanceTimersByTime(1000);
    expect(heard).toEqual([]);
    expect(clock.poll()).toBe(0);
  });

  test('does not tick after the end of the poll', () => {
    const { clock, heard } = clockWithListener();
    clock.start();
    vi.advanceTimersByTime(30);
    clock.stop();
    vi.advanceTimersByTime(1000);
    expect(heard).toEqual([1]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('can be stopped by a listener', () => {
    const { clock, heard } = clockWithListener();
    clock.onTick(clock.stop);
    clock.start();
    vi.advanceTimersByTime(1000);
    expect(heard).toEqual([1]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('restarts its ticks with each poll, and counts polls', () => {
    const { clock, heard } = clockWithListener();
    clock.start();
    expect(clock.poll()).toBe(1);
    vi.advanceTimersByTime(70);
    clock.start();
    expect(clock.poll()).toBe(2);
    expect(clock.ticks()).toBe(0);
    vi.advanceTimersByTime(24);
    expect(clock.ticks()).toBe(0);
    vi.advanceTimersByTime(1);
    expect(heard).toEqual([1, 2, 1]);
    expect(vi.getTimerCount()).toBe(1);
  });

  test('ticks once for all the time the process was blocked, after pending results are processed', async () => {
    vi.useRealTimers();
    const clock = createPollClock(10);
    clock.start();
    const ticksAtArrival = setImmediate().then(clock.ticks);
    for (const blockedUntil = performance.now() + 100; performance.now() < blockedUntil;) {
      // The node is short of CPU.
    }
    expect(await ticksAtArrival).toBeLessThanOrEqual(1);
    clock.stop();
  });
});
