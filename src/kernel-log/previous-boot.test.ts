import { setTimeout } from 'node:timers/promises';

import { describe, expect, test } from 'vitest';

import { createRecordedHost } from '../../test/support/recorded-host.ts';
import type { Host } from '../host/host.ts';
import { SourceError } from '../model/errors.ts';
import type { JournalRecord } from '../model/kernel-record.ts';
import type { BootEvents, KernelEventCount } from '../model/ledger.ts';
import { readPreviousBootEvents } from './previous-boot.ts';

const never = new AbortController().signal;
const bootId = 'eaba2374-e25b-415d-9ab4-2ca963d4d701';

function deadLoop(more: Partial<JournalRecord> = {}): JournalRecord {
  return {
    sequence: undefined,
    cursor: 'c1',
    timestampMicroseconds: 54_069_105,
    realtimeMicroseconds: 1_795_145_634_000_000,
    facility: 0,
    level: 2,
    text: 'Dead loop on virtual device vxa, fix it urgently!',
    subsystem: undefined,
    device: undefined,
    bootId,
    ...more,
  };
}

function countOf(count: number, more: Partial<KernelEventCount> = {}): KernelEventCount {
  return {
    device: 'vxa',
    driver: '',
    event: 'dead_loop',
    count,
    lastTimestampSeconds: 1_795_145_634,
    ...more,
  };
}

/** A host whose journal has these batches, or errors, for the previous boot. */
function hostWithJournal(...batches: readonly (readonly JournalRecord[] | Error)[]): Host {
  return {
    ...createRecordedHost('debian-6.12.95-qemu'),
    previousBootLog: async function* () {
      for (const batch of batches) {
        if (batch instanceof Error) {
          throw batch;
        }
        yield batch;
      }
    },
  };
}

const known: BootEvents = { bootId, events: [countOf(7, { lastTimestampSeconds: 8 })] };

describe('readPreviousBootEvents()', () => {
  test('counts the events in the journal of the previous boot', async () => {
    const hang = { text: 'igb 0000:00:07.0: Detected Tx Unit Hang\n  Tx Queue             <0>' };
    const host = hostWithJournal(
      [deadLoop(), deadLoop(hang)],
      [],
      [deadLoop({ realtimeMicroseconds: 1_795_145_640_500_000 }), deadLoop({ text: 'quiet' })],
    );
    expect(await readPreviousBootEvents(host, undefined, never)).toEqual({
      bootId,
      events: [
        countOf(2, { lastTimestampSeconds: 1_795_145_640.5 }),
        countOf(1, { device: 'enp6s0', driver: 'igb', event: 'unit_hang' }),
      ],
    });
  });

  test('ignores records written by processes', async () => {
    const host = hostWithJournal([deadLoop({ facility: 1 }), deadLoop({ facility: Number.NaN })]);
    expect(await readPreviousBootEvents(host, undefined, never)).toEqual({ bootId, events: [] });
  });

  test('does not apply the boot time of this boot', async () => {
    const host = hostWithJournal([deadLoop({ realtimeMicroseconds: undefined })]);
    expect((await readPreviousBootEvents(host, undefined, never))?.events).toStrictEqual([
      countOf(1, { lastTimestampSeconds: undefined }),
    ]);
  });

  test.each([
    ['is no journal', hostWithJournal(new SourceError('failed', 'ENOENT'))],
    ['is nothing in the journal', hostWithJournal()],
    ['has no record with a boot ID', hostWithJournal([deadLoop({ bootId: undefined })])],
  ])('returns the counts of the ledger if there %s', async (_what, host) => {
    expect(await readPreviousBootEvents(host, known, never)).toBe(known);
    expect(await readPreviousBootEvents(host, undefined, never)).toBe(undefined);
  });

  test('keeps the counts from a journal that fails midway', async () => {
    const host = hostWithJournal([deadLoop()], new SourceError('failed', 'Bad message'));
    expect(await readPreviousBootEvents(host, undefined, never)).toEqual({
      bootId,
      events: [countOf(1)],
    });
  });

  test.each([
    ['the journal, whose end was lost', 1, 7, [countOf(7, { lastTimestampSeconds: 8 })]],
    ['the agent, which came late', 9, 7, [countOf(9)]],
    ['neither', 7, 7, [countOf(7)]],
  ])('takes the greater count if less was seen by %s', async (_who, inJournal, noted, events) => {
    const host = hostWithJournal(Array.from({ length: inJournal }, () => deadLoop()));
    const written = { bootId, events: [countOf(noted, { lastTimestampSeconds: 8 })] };
    expect(await readPreviousBootEvents(host, written, never)).toEqual({ bootId, events });
  });

  test('merges events that only one of them has seen', async () => {
    const other = countOf(3, { device: 'eno1', driver: 'e1000e', event: 'unit_hang' });
    const host = hostWithJournal([deadLoop()]);
    expect(await readPreviousBootEvents(host, { bootId, events: [other] }, never)).toEqual({
      bootId,
      events: [countOf(1), other],
    });
  });

  test('takes the journal if the ledger is of an earlier boot', async () => {
    const host = hostWithJournal([deadLoop()]);
    const older = { ...known, bootId: 'an older boot' };
    expect(await readPreviousBootEvents(host, older, never)).toEqual({
      bootId,
      events: [countOf(1)],
    });
  });

  test('passes an unexpected error on', async () => {
    const mistake = new TypeError('mistake');
    await expect(readPreviousBootEvents(hostWithJournal(mistake), known, never)).rejects.toBe(
      mistake,
    );
  });

  test('ends when the signal is aborted', async () => {
    const ending = new AbortController();
    const host: Host = {
      ...hostWithJournal(),
      previousBootLog: async function* (signal) {
        yield [deadLoop()];
        await setTimeout(60_000, undefined, { signal }).catch(() => {});
      },
    };
    const reading = readPreviousBootEvents(host, undefined, ending.signal);
    ending.abort();
    expect(await reading).toEqual({ bootId, events: [countOf(1)] });
  });
});
