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
  const sent: string[] = [];
  const polling = new EventEmitter();
  const { stop } = report({
    watchdogMilliseconds: undefined,
    notify: async (state) => void sent.push(state),
    firstPoll: once(polling, 'end'),
  });
  await new Promise(setImmediate);
  expect(sent).toEqual([]);
  polling.emit('end');
  await vi.waitFor(
    () => {
      expect(sent).toEqual(['READY=1']);
    },
    { timeout: 10_000 },
  );
  await stop();
  expect(sent).toEqual(['READY=1']);
});

test('notifySystemd() sends no WATCHDOG=1 while polls are stuck', async () => {
  const sent: string[] = [];
  let polling = true;
  const { stop } = report({
    watchdogMilliseconds: 20,
    notify: async (state) => void sent.push(state),
    isPolling: () => polling,
  });
  await vi.waitFor(
    () => {
      expect(sent.slice(0, 4)).toEqual(['READY=1', 'WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1']);
    },
    { timeout: 10_000 },
  );
  polling = false;
  const count = sent.length;
  await new Promise((resolve) => {
    setTimeout(resolve, 100);
  });
  expect(sent.length).toBe(count);
  polling = true;
  await vi.waitFor(
    () => {
      expect(sent.length).toBeGreaterThan(count);
    },
    { timeout: 10_000 },
  );
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
  await vi.waitFor(
    () => {
      expect(tries).toBeGreaterThan(3);
    },
    { timeout: 10_000 },
  );
  await stop();
  expect(logged).toEqual([expect.stringContaining('no such command')]);
});
