import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { kernelRecord } from '../../test/support/kernel-record.ts';
import { createMemoryState } from '../../test/support/recorded-host.ts';
import type { StateFile } from '../host/host.ts';
import { SourceError } from '../model/errors.ts';
import type { KernelRecord } from '../model/kernel-record.ts';
import type { Ledger, LogPosition } from '../model/ledger.ts';
import { parseLedger } from '../parsers/ledger.ts';
import { createLedgerWriter, isBehind, lostBetween, positionOf, startOfLog } from './ledger.ts';

const bootId = 'eaba2374-e25b-415d-9ab4-2ca963d4d701';
const full = new SourceError('failed', 'ENOSPC');

const ledger: Ledger = {
  bootId,
  position: { sequence: 5, cursor: undefined, timestampMicroseconds: 5_000_000 },
  events: [{ device: 'vxa', driver: '', event: 'dead_loop', count: 7, lastTimestampSeconds: 8 }],
  previousBoot: {
    bootId: 'the previous boot',
    events: [{ device: 'vxb', driver: '', event: 'dead_loop', count: 1, lastTimestampSeconds: 2 }],
  },
};

function recordAt(place: Partial<LogPosition>): KernelRecord {
  return kernelRecord('vx42: hw csum failure', {
    sequence: place.sequence,
    cursor: place.cursor,
    timestampMicroseconds: place.timestampMicroseconds ?? 500,
  });
}

describe('isBehind()', () => {
  test.each([
    { what: 'the first record of all', place: { sequence: 0 }, position: {}, expected: false },
    {
      what: 'the record read last',
      place: { sequence: 7 },
      position: { sequence: 7 },
      expected: true,
    },
    { what: 'one before it', place: { sequence: 6 }, position: { sequence: 7 }, expected: true },
    { what: 'the next one', place: { sequence: 8 }, position: { sequence: 7 }, expected: false },
    {
      what: 'the next one of the same microsecond',
      place: { sequence: 8, timestampMicroseconds: 500 },
      position: { sequence: 7, timestampMicroseconds: 500 },
      expected: false,
    },
    {
      what: 'one of the journal after its cursor, whatever its timestamp',
      place: { cursor: 'c2', timestampMicroseconds: 500 },
      position: { cursor: 'c1', timestampMicroseconds: 900 },
      expected: false,
    },
    {
      what: 'one of the journal that /dev/kmsg gave before',
      place: { cursor: 'c1', timestampMicroseconds: 500 },
      position: { sequence: 7, timestampMicroseconds: 500 },
      expected: true,
    },
    {
      what: 'one of the journal that was not in /dev/kmsg',
      place: { cursor: 'c1', timestampMicroseconds: 501 },
      position: { sequence: 7, timestampMicroseconds: 500 },
      expected: false,
    },
    {
      what: 'one of /dev/kmsg that the journal gave before',
      place: { sequence: 7, timestampMicroseconds: 499 },
      position: { cursor: 'c1', timestampMicroseconds: 500 },
      expected: true,
    },
    {
      what: 'one of /dev/kmsg that was not in the journal',
      place: { sequence: 7, timestampMicroseconds: 501 },
      position: { cursor: 'c1', timestampMicroseconds: 500 },
      expected: false,
    },
    {
      what: 'one of the journal when its cursor was given up',
      place: { cursor: 'c1', timestampMicroseconds: 500 },
      position: { timestampMicroseconds: 500 },
      expected: true,
    },
    {
      what: 'one of the other source when no time is known',
      place: { cursor: 'c1' },
      position: { sequence: 7 },
      expected: false,
    },
  ])('says of $what: $expected', ({ place, position, expected }) => {
    expect(isBehind(recordAt(place), { ...startOfLog, ...position })).toBe(expected);
  });
});

describe('positionOf()', () => {
  test.each([
    ['/dev/kmsg', { sequence: 8, cursor: undefined, timestampMicroseconds: 500 }],
    ['the journal', { sequence: undefined, cursor: 'c2', timestampMicroseconds: 500 }],
  ])('returns the position after a record of %s', (_source, place) => {
    expect(positionOf(recordAt(place))).toStrictEqual(place);
  });

  test.each([{ sequence: 8 }, { cursor: 'c2' }])(
    'returns a position the other source can continue from, for %o',
    (place) => {
      const other = 'cursor' in place ? { sequence: 8 } : { cursor: 'c2' };
      const position = positionOf(recordAt(place));
      expect(isBehind(recordAt(other), position)).toBe(true);
      expect(isBehind(recordAt({ ...other, timestampMicroseconds: 501 }), position)).toBe(false);
    },
  );
});

describe('lostBetween()', () => {
  test.each([
    { what: 'neighbours', position: { sequence: 7 }, place: { sequence: 8 }, expected: 0 },
    { what: 'a gap', position: { sequence: 7 }, place: { sequence: 18 }, expected: 10 },
    { what: 'the first record read', position: {}, place: { sequence: 458 }, expected: 0 },
    { what: 'the journal', position: { sequence: 7 }, place: { cursor: 'c1' }, expected: 0 },
    { what: 'what follows it', position: { cursor: 'c1' }, place: { sequence: 9 }, expected: 0 },
  ])('counts $expected for $what', ({ position, place, expected }) => {
    expect(lostBetween({ ...startOfLog, ...position }, recordAt(place))).toBe(expected);
  });
});

describe('createLedgerWriter()', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('writes an event at once', async () => {
    const { writer, written } = await startedWriter();
    await vi.advanceTimersByTimeAsync(100);
    writer.changed('event');
    await vi.advanceTimersByTimeAsync(0);
    expect(written).toHaveLength(1);
  });

  test('coalesces many changes, and writes the latest', async () => {
    const { writer, written, setSequence } = await startedWriter();
    await vi.advanceTimersByTimeAsync(100);
    for (let sequence = 1; sequence <= 900; sequence += 1) {
      setSequence(sequence);
      writer.changed(sequence % 2 === 0 ? 'event' : 'position');
    }
    await vi.advanceTimersByTimeAsync(0);
    expect(written.map(sequenceIn)).toEqual([900]);
  });

  test('writes at most ten times a second, the last event included', async () => {
    const { writer, written, setSequence } = await startedWriter();
    for (let sequence = 1; sequence <= 3000; sequence += 1) {
      setSequence(sequence);
      writer.changed('event');
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(written.length).toBeGreaterThanOrEqual(29);
    expect(written.length).toBeLessThanOrEqual(30);
    await vi.advanceTimersByTimeAsync(100);
    expect(written.map(sequenceIn).at(-1)).toBe(3000);
  });

  test('writes no more often if writes are slow', async () => {
    const { writer, written, running, setSequence } = await startedWriter({ milliseconds: 300 });
    for (let sequence = 1; sequence <= 3000; sequence += 1) {
      setSequence(sequence);
      writer.changed('event');
      await vi.advanceTimersByTimeAsync(1);
    }
    await vi.advanceTimersByTimeAsync(600);
    expect(written).toHaveLength(11);
    expect(written.map(sequenceIn).at(-1)).toBe(3000);
    expect(running.max).toBe(1);
  });

  test('writes a position after 5 s, with all changes until then', async () => {
    const { writer, written, setSequence } = await startedWriter();
    for (let sequence = 1; sequence <= 5; sequence += 1) {
      setSequence(sequence);
      writer.changed('position');
      await vi.advanceTimersByTimeAsync(sequence === 5 ? 999 : 1000);
    }
    expect(written).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(written.map(sequenceIn)).toEqual([5]);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(written).toHaveLength(1);
  });

  test('writes an event at once while a position is pending', async () => {
    const { writer, written } = await startedWriter();
    writer.changed('position');
    await vi.advanceTimersByTimeAsync(4000);
    writer.changed('event');
    writer.changed('position');
    await vi.advanceTimersByTimeAsync(0);
    expect(written).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(written).toHaveLength(1);
  });

  test.each([
    ['forward', 86_400_000],
    ['back', -86_400_000],
  ])('writes an event at once though the clock is set %s', async (_where, milliseconds) => {
    const { writer, written } = await startedWriter();
    writer.changed('position');
    await vi.advanceTimersByTimeAsync(100);
    vi.setSystemTime(Date.now() + milliseconds);
    writer.changed('event');
    await vi.advanceTimersByTimeAsync(0);
    expect(written).toHaveLength(1);
  });

  test('writes nothing without a change', async () => {
    const { writer, written } = await startedWriter();
    await writer.flush();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(written).toHaveLength(0);
  });

  test('writes on the first flush, to find out whether it can', async () => {
    const state = createMemoryState();
    const writer = createLedgerWriter(state, () => ledger);
    expect(writer.isPersistent()).toBe(undefined);
    await writer.flush();
    expect(writer.isPersistent()).toBe(true);
    expect(parseLedger((await state.read()) ?? '')).toEqual(ledger);
  });

  test('writes at once when flushed, and not again later', async () => {
    const { writer, written } = await startedWriter();
    writer.changed('event');
    await writer.flush();
    expect(written).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(written).toHaveLength(1);
  });

  test('writes changes made during a write afterwards, one write at a time', async () => {
    const { writer, written, setSequence, running } = await startedWriter({ milliseconds: 5000 });
    setSequence(1);
    writer.changed('event');
    await vi.advanceTimersByTimeAsync(1500);
    setSequence(2);
    writer.changed('event');
    const flushed = writer.flush();
    await vi.advanceTimersByTimeAsync(20_000);
    await flushed;
    expect(written.map(sequenceIn)).toEqual([1, 2]);
    expect(running.max).toBe(1);
  });

  test('resolves flush() only when everything is written', async () => {
    const { writer, written } = await startedWriter({ milliseconds: 5000 });
    writer.changed('event');
    let isFlushed = false;
    const flushing = (async () => {
      await writer.flush();
      isFlushed = true;
    })();
    await vi.advanceTimersByTimeAsync(4999);
    expect(isFlushed).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await flushing;
    expect(written).toHaveLength(1);
  });

  test.each([
    ['the next change', 'changed'],
    ['a flush', 'flush'],
  ] as const)('writes again with %s what could not be written', async (_what, method) => {
    const { writer, written, setFailure } = await startedWriter();
    setFailure(full);
    writer.changed('event');
    await vi.advanceTimersByTimeAsync(1000);
    expect(written).toHaveLength(0);
    expect([writer.isPersistent(), writer.error()]).toEqual([false, full]);

    setFailure(undefined);
    await (method === 'flush' ? writer.flush() : writer.changed('event'));
    await vi.advanceTimersByTimeAsync(1000);
    expect(written).toHaveLength(1);
    expect([writer.isPersistent(), writer.error()]).toEqual([true, undefined]);
  });

  test('retries a failed write every 5 s', async () => {
    const { writer, written, setFailure } = await startedWriter();
    setFailure(full);
    writer.changed('event');
    await vi.advanceTimersByTimeAsync(14_000);
    expect(writer.isPersistent()).toBe(false);
    setFailure(undefined);
    await vi.advanceTimersByTimeAsync(5000);
    expect(written).toHaveLength(1);
    expect([writer.isPersistent(), writer.error()]).toEqual([true, undefined]);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(written).toHaveLength(1);
  });

  test('reports a reason for any error', async () => {
    const mistake = new TypeError('mistake');
    const writer = createLedgerWriter(createMemoryState(), () => {
      throw mistake;
    });
    await writer.flush();
    expect(writer.error()).toMatchObject({
      name: 'SourceError',
      reason: 'failed',
      message: 'cannot write the state file: TypeError: mistake',
      cause: mistake,
    });
  });
});

/** A writer that has written once, and what it writes from then on. */
async function startedWriter({ milliseconds = 0 }: { readonly milliseconds?: number } = {}) {
  const written: string[] = [];
  const running = { now: 0, max: 0 };
  let sequence = 0;
  let failure: SourceError | undefined;
  const state: StateFile = {
    ...createMemoryState(),
    write: async (content) => {
      running.now += 1;
      running.max = Math.max(running.max, running.now);
      if (milliseconds > 0) {
        await new Promise((resolve) => {
          setTimeout(resolve, milliseconds);
        });
      }
      running.now -= 1;
      if (failure !== undefined) {
        throw failure;
      }
      written.push(content);
    },
  };
  const writer = createLedgerWriter(state, () => ({
    ...ledger,
    position: { ...startOfLog, sequence },
  }));
  const first = writer.flush();
  await vi.advanceTimersByTimeAsync(milliseconds);
  await first;
  written.length = 0;
  return {
    writer,
    written,
    running,
    setSequence: (value: number): void => {
      sequence = value;
    },
    setFailure: (value: SourceError | undefined): void => {
      failure = value;
    },
  };
}

function sequenceIn(content: string): number | undefined {
  return parseLedger(content).position.sequence;
}
