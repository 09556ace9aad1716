import { setTimeout } from 'node:timers/promises';

import { describe, expect, test } from 'vitest';

import { SourceError } from '../model/errors.ts';
import type { KernelLogBatch } from '../model/kernel-record.ts';
import { readJournal, readPreviousBoot } from './journal.ts';
import type { JournalOptions } from './journal.ts';
import { streamLines } from './command.ts';
import type { StreamLines } from './command.ts';

const never = new AbortController().signal;

function line(cursor: string, more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    __CURSOR: cursor,
    __MONOTONIC_TIMESTAMP: '54069105',
    SYSLOG_FACILITY: '0',
    MESSAGE: 'vx42: hw csum failure',
    ...more,
  });
}

/** A journalctl that prints these batches, then nothing more until it is ended. */
function printing(...batches: readonly (readonly string[])[]): StreamLines {
  return async function* (_file, _argv, signal) {
    yield* batches;
    await setTimeout(60_000, undefined, { signal }).catch(() => {});
  };
}

/** A journalctl that prints these batches and ends, or fails. */
function ending(batches: readonly (readonly string[])[], failure?: SourceError): StreamLines {
  return async function* () {
    yield* batches;
    if (failure !== undefined) {
      throw failure;
    }
  };
}

/** A program in place of journalctl that never prints a line. */
function sleeping(...[, , signal]: Parameters<StreamLines>): ReturnType<StreamLines> {
  return streamLines('sleep', ['600'], signal);
}

/** A journalctl that notes how it was called, and ends. */
function noting(calls: unknown[]): StreamLines {
  return async function* (file, argv) {
    calls.push([file, ...argv]);
    yield [line('c1')];
  };
}

const fields =
  '--output-fields=MESSAGE,PRIORITY,SYSLOG_FACILITY,_BOOT_ID,_KERNEL_DEVICE,_KERNEL_SUBSYSTEM,_SOURCE_MONOTONIC_TIMESTAMP';
const format = ['-o', 'json', fields, '--no-pager'];
const following = ['--follow', '--no-tail'];

function cursors({ records }: KernelLogBatch): readonly (string | undefined)[] {
  return records.map(({ cursor }) => cursor);
}

/** The batches read until the journal counts as read, and shortly after. */
async function readFor(
  milliseconds: number,
  options: Omit<JournalOptions, 'rootfs' | 'signal'>,
  afterCursor?: string,
): Promise<readonly KernelLogBatch[]> {
  const batches: KernelLogBatch[] = [];
  const signal = AbortSignal.timeout(milliseconds);
  for await (const batch of readJournal({ ...options, rootfs: '/', signal }, afterCursor)) {
    batches.push(batch);
  }
  return batches;
}

describe('readJournal()', () => {
  test.each([
    ['/', undefined, ['-k', ...format, ...following]],
    ['/', 's=6c1;i=1', ['-k', ...format, ...following, '--after-cursor=s=6c1;i=1']],
    ['/host', undefined, ['-k', ...format, '--root=/host', ...following]],
  ])('reads the journal of %s after %s', async (rootfs, afterCursor, argv) => {
    const calls: unknown[] = [];
    const journal = readJournal({ streamLines: noting(calls), rootfs, signal: never }, afterCursor);
    await journal.next();
    await journal.return(undefined);
    expect(calls).toEqual([['journalctl', ...argv]]);
  });

  test('yields records in the batches they arrive in, then that it has caught up', async () => {
    const batches = await readFor(800, {
      streamLines: printing([line('c1'), line('c2')], [line('c3')]),
    });
    expect(batches.map((batch) => [cursors(batch), batch.caughtUp])).toEqual([
      [['c1', 'c2'], false],
      [['c3'], false],
      [[], true],
    ]);
  });

  test('follows new records', async () => {
    const batches = await readFor(900, {
      streamLines: async function* (_file, _argv, signal) {
        yield [line('c1')];
        await setTimeout(400);
        yield [line('c2')];
        yield* printing()('journalctl', [], signal);
      },
    });
    expect(batches.map((batch) => [cursors(batch), batch.caughtUp])).toEqual([
      [['c1'], false],
      [[], true],
      [['c2'], false],
    ]);
  });

  test('has caught up if there is nothing after the cursor', async () => {
    const batches = await readFor(
      500,
      { streamLines: printing(), firstRecordTimeoutMilliseconds: 10 },
      'c1',
    );
    expect(batches).toEqual([{ records: [], caughtUp: true }]);
  });

  test.each([
    ['is silent', printing()],
    ['prints no record', printing(['-- No entries --'])],
  ])('takes a journal that %s from the start for absent', async (_what, lines) => {
    await expect(
      readFor(900, { streamLines: lines, firstRecordTimeoutMilliseconds: 50 }),
    ).rejects.toMatchObject({
      name: 'SourceError',
      reason: 'absent',
      message: expect.stringContaining('systemd-journal'),
    });
  });

  test('waits longer for the first record than between records', async () => {
    const batches = await readFor(900, {
      streamLines: async function* (_file, _argv, signal) {
        await setTimeout(400);
        yield* printing([line('c1')])('journalctl', [], signal);
      },
    });
    expect(batches.map((batch) => [cursors(batch), batch.caughtUp])).toEqual([
      [['c1'], false],
      [[], true],
    ]);
  });

  test('skips a line that is no record', async () => {
    const streamed = ending([[line('c1'), '-- Boot --', '{"__CURSOR":"c2"}', line('c3')]]);
    const journal = readJournal({ streamLines: streamed, rootfs: '/', signal: never }, undefined);
    expect((await journal.next()).value).toMatchObject({
      records: [{ cursor: 'c1' }, { cursor: 'c3' }],
    });
  });

  test.each([
    ['ends by itself', undefined, 'journalctl ended by itself'],
    ['fails', new SourceError('failed', 'journalctl: exit code 1'), 'journalctl: exit code 1'],
  ])('says that journalctl %s', async (_what, failure, message) => {
    const streamed = ending([[line('c1')]], failure);
    const journal = readJournal({ streamLines: streamed, rootfs: '/', signal: never }, undefined);
    expect((await journal.next()).done).toBe(false);
    await expect(journal.next()).rejects.toMatchObject({
      name: 'SourceError',
      reason: 'failed',
      message: `--kernel-log.source=journal: ${message}; requires journalctl and membership in the group systemd-journal or adm`,
    });
  });

  test.each([
    ['before the first record', [], 0, undefined],
    ['before it has caught up', [[line('c1')]], 1, undefined],
    ['after it has caught up', [[line('c1')]], 2, undefined],
    ['after a cursor', [], 1, 'c1'],
  ])('ends at once when the signal is aborted %s', async (_when, batches, count, afterCursor) => {
    const stopping = new AbortController();
    const { signal } = stopping;
    const options = { streamLines: printing(...batches), rootfs: '/', signal };
    const journal = readJournal(options, afterCursor);
    for (let index = 0; index < count; index += 1) {
      expect((await journal.next()).done).toBe(false);
    }
    const next = journal.next();
    const startedAt = performance.now();
    stopping.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(performance.now() - startedAt).toBeLessThan(1500);
  });

  test('kills a program that never prints a line', async () => {
    const stopping = new AbortController();
    const journal = readJournal(
      { streamLines: sleeping, rootfs: '/', signal: stopping.signal },
      'c1',
    );
    expect(await journal.next()).toMatchObject({ value: { caughtUp: true } });
    const next = journal.next();
    const startedAt = performance.now();
    stopping.abort();
    expect((await next).done).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(1500);
  });

  test.each([
    ['is left', async (journal: ReturnType<typeof readJournal>) => journal.return(undefined)],
    ['ends in an error', async (journal: ReturnType<typeof readJournal>) => journal.next()],
  ])('ends journalctl when the iteration %s', async (_how, end) => {
    const signals: AbortSignal[] = [];
    const noted: StreamLines = (file, argv, signal) => {
      signals.push(signal);
      return ending([[line('c1')]])(file, argv, signal);
    };
    const journal = readJournal({ streamLines: noted, rootfs: '/', signal: never }, undefined);
    await journal.next();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    await end(journal).catch(() => {});
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });
});

describe('readPreviousBoot()', () => {
  test.each([
    ['/', ['-k', '-b', '-1', ...format]],
    ['/host', ['-k', '-b', '-1', ...format, '--root=/host']],
  ])('asks for the boot before in the journal of %s', async (rootfs, argv) => {
    const calls: unknown[] = [];
    await readPreviousBoot({ streamLines: noting(calls), rootfs, signal: never }).next();
    expect(calls).toEqual([['journalctl', ...argv]]);
  });

  test('yields records with their boot ID, and ends with journalctl', async () => {
    const boot = { _BOOT_ID: 'eaba2374e25b415d9ab42ca963d4d701' };
    const streamed = ending([[line('c1', boot), 'no record'], [line('c2', boot)]]);
    const batches: unknown[] = [];
    for await (const records of readPreviousBoot({
      streamLines: streamed,
      rootfs: '/',
      signal: never,
    })) {
      batches.push(records.map(({ cursor, bootId }) => [cursor, bootId]));
    }
    expect(batches).toEqual([
      [['c1', 'eaba2374-e25b-415d-9ab4-2ca963d4d701']],
      [['c2', 'eaba2374-e25b-415d-9ab4-2ca963d4d701']],
    ]);
  });

  test('reports that journalctl has no previous boot', async () => {
    const failure = new SourceError('failed', 'journalctl: exit code 1, "No journal boot entry"');
    const streamed = ending([], failure);
    await expect(
      readPreviousBoot({ streamLines: streamed, rootfs: '/', signal: never }).next(),
    ).rejects.toBe(failure);
  });

  test('passes the signal on', async () => {
    const stopping = new AbortController();
    const options = { streamLines: printing(), rootfs: '/', signal: stopping.signal };
    const next = readPreviousBoot(options).next();
    stopping.abort();
    expect((await next).done).toBe(true);
  });
});
