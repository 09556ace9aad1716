import { EventEmitter, once } from 'node:events';

import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { notifySystemd } from './systemd-notifications.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

interface Situation {
  readonly watchdogMilliseconds: number | undefined;
  readonly notify: (state: string) => Promise<void>;
  readonly isPolling?: () => boolean;
  readonly firstPoll?: Promise<unknown>;
}

/** Notifies until it is stopped; returns what was logged. */
function report({
  watchdogMilliseconds,
  notify,
  isPolling = () => true,
  firstPoll = Promise.resolve(),
}: Situation) {
  const logged: string[] = [];
  const ending = new AbortController();
  const reporting = notifySystemd({
    agent: { poll: async () => void (await firstPoll), isPolling },
    systemd: { watchdogMilliseconds, notify },
    log: pino(
      { base: null, timestamp: false },
      { write: (line: string) => void logged.push(line) },
    ),
    signal: ending.signal,
  });
  return {
    logged,
    stop: async () => {
      ending.abort();
      await reporting;
    },
  };
}

test('notifySystemd() sends READY=1 after the first poll, not before', async () => {
  const sent: string[] = [];
  const polling = new EventEmitter();
  const { stop } = report({
    watchdogMilliseconds: undefined,
    notify: async (state) => void sent.push(state),
    firstPoll: once(polling, 'end'),
  });
  await vi.advanceTimersByTimeAsync(1000);
  expect(sent).toEqual([]);
  polling.emit('end');
  await vi.advanceTimersByTimeAsync(1000);
  await stop();
  expect(sent).toEqual(['READY=1']);
});

test('notifySystemd() sends WATCHDOG=1 twice per interval, and none while polls are stuck', async () => {
  const sent: string[] = [];
  let polling = true;
  const { stop } = report({
    watchdogMilliseconds: 20_000,
    notify: async (state) => void sent.push(state),
    isPolling: () => polling,
  });
  await vi.advanceTimersByTimeAsync(25_000);
  expect(sent).toEqual(['READY=1', 'WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1']);
  polling = false;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(sent).toHaveLength(4);
  polling = true;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(sent).toHaveLength(5);
  await stop();
});

test('notifySystemd() logs a failure once until it succeeds again, and keeps trying', async () => {
  const outcomes = ['first', 'second', undefined, 'third', 'fourth'];
  const { logged, stop } = report({
    watchdogMilliseconds: 20_000,
    notify: async () => {
      const failure = outcomes.shift();
      if (failure !== undefined) {
        throw new Error(failure);
      }
    },
  });
  await vi.advanceTimersByTimeAsync(35_000);
  await stop();
  expect(outcomes).toEqual([]);
  expect(logged.map((line): unknown => JSON.parse(line))).toEqual([
    { level: 40, error: 'Error: first', msg: 'sd_notify failed' },
    { level: 40, error: 'Error: third', msg: 'sd_notify failed' },
  ]);
});
