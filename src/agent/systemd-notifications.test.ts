import { EventEmitter, once } from 'node:events';

import { pino } from 'pino';
import { expect, test, vi } from 'vitest';

import { notifySystemd } from './systemd-notifications.ts';

interface Situation {
  readonly watchdogMilliseconds: number | undefined;
  readonly notify: (state: string) => Promise<void>;
  readonly isPolling?: () => boolean;
  readonly firstPoll?: Promise<unknown>;
}

/** Reports until it is stopped; gives what was logged. */
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
    log: pino({}, { write: (line: string) => void logged.push(line) }),
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
  const told: string[] = [];
  const polling = new EventEmitter();
  const { stop } = report({
    watchdogMilliseconds: undefined,
    notify: async (state) => void told.push(state),
    firstPoll: once(polling, 'end'),
  });
  await new Promise(setImmediate);
  expect(told).toEqual([]);
  polling.emit('end');
  await vi.waitFor(() => {
    expect(told).toEqual(['READY=1']);
  });
  await stop();
  expect(told).toEqual(['READY=1']);
});

test('notifySystemd() sends no WATCHDOG=1 while polls are stuck', async () => {
  const told: string[] = [];
  let polling = true;
  const { stop } = report({
    watchdogMilliseconds: 20,
    notify: async (state) => void told.push(state),
    isPolling: () => polling,
  });
  await vi.waitFor(() => {
    expect(told.slice(0, 4)).toEqual(['READY=1', 'WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1']);
  });
  polling = false;
  const count = told.length;
  await new Promise((resolve) => {
    setTimeout(resolve, 100);
  });
  expect(told.length).toBe(count);
  polling = true;
  await vi.waitFor(() => {
    expect(told.length).toBeGreaterThan(count);
  });
  await stop();
});

test('notifySystemd() logs a failure once, and keeps trying', async () => {
  let tries = 0;
  const { logged, stop } = report({
    watchdogMilliseconds: 20,
    notify: async () => {
      tries += 1;
      throw new Error('no such command');
    },
  });
  await vi.waitFor(() => {
    expect(tries).toBeGreaterThan(3);
  });
  await stop();
  expect(logged).toEqual([expect.stringContaining('no such command')]);
});
