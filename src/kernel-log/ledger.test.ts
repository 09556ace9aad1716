import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { createMemoryState } from '../../test/support/recorded-host.ts';
import type { StateFile } from '../host/host.ts';
import { ParseError, SourceError } from '../model/errors.ts';
import type { Ledger } from '../model/ledger.ts';
import { formatLedger, parseLedger } from '../parsers/ledger.ts';
import { createLedgerWriter, restoreLedger, startOfLog } from './ledger.ts';

const bootId = 'eaba2374-e25b-415d-9ab4-2ca963d4d701';
const full = new SourceError('failed', 'ENOSPC');

const ledger: Ledger = {
  bootId,
  position: { sequence: 5, cursor: undefined, timestampMicroseconds: 5_000_000 },
  events: [{ device: 'vxa', driver: '', event: 'dead_loop', count: 7, lastTimestampSeconds: 8 }],
  previousBoot: {
    bootId: 'the boot before',
    events: [{ device: 'vxb', driver: '', event: 'dead_loop', count: 1, lastTimestampSeconds: 2 }],
  },
};

describe('restoreLedger()', () => {
  test('gives nothing where there is no file yet', async () => {
    expect(await restoreLedger(createMemoryState(), bootId)).toEqual({
      ledger: undefined,
      previousBoot: undefined,
      problem: undefined,
    });
  });

  test('gives what was counted in this boot', async () => {
    expect(await restoreLedger(createMemoryState(formatLedger(ledger)), bootId)).toEqual({
      ledger,
      previousBoot: ledger.previousBoot,
      problem: undefined,
    });
  });

  test.each([
    ['another boot', 'a later boot'],
    ['a boot nobody knows', undefined],
  ])('takes for that of the boot before what it finds in %s', async (_what, currentBootId) => {
    const state = createMemoryState(formatLedger(ledger));
    expect(await restoreLedger(state, currentBootId)).toStrictEqual({
      ledger: undefined,
      previousBoot: { bootId, events: ledger.events },
      problem: undefined,
    });
    expect(await state.read()).toBe(formatLedger(ledger));
  });

  test('sets a damaged file aside and says what is wrong with it', async () => {
    const state = createMemoryState(formatLedger(ledger).slice(0, 40));
    expect(await restoreLedger(state, bootId)).toEqual({
      ledger: undefined,
      previousBoot: undefined,
      problem: expect.any(ParseError),
    });
    expect(await state.read()).toBe(undefined);
  });

  test('sets a file aside that cannot be read', async () => {
    const setAside = vi.fn<() => Promise<void>>(async () => {});
    const unreadable = { ...createMemoryState(), setAside, read: failing(full) };
    expect(await restoreLedger(unreadable, bootId)).toMatchObject({ problem: full });
    expect(setAside).toHaveBeenCalledTimes(1);
  });

  test('says what was wrong first where the file cannot be set aside either', async () => {
    const setAside = failing(new SourceError('denied', 'EROFS'));
    const state = { ...createMemoryState('damaged'), setAside };
    expect((await restoreLedger(state, bootId)).problem).toBeInstanceOf(ParseError);
  });

  test('hides no mistake of its own', async () => {
    const mistake = new TypeError('mistake');
    const state = { ...createMemoryState(), read: failing(mistake) };
    await expect(restoreLedger(state, bootId)).rejects.toBe(mistake);
  });
});

describe('createLedgerWriter()', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('writes an event within a second', async () => {
    const { writer, written } = await startedWriter();
    writer.changed('event');
    await vi.advanceTimersByTimeAsync(999);
    expect(written).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(written).toHaveLength(1);
  });

  test('writes many changes at once, as they are when it writes', async () => {
    const { writer, written, setSequence } = await startedWriter();
    for (let sequence = 1; sequence <= 900; sequence += 1) {
      setSequence(sequence);
      writer.changed(sequence % 2 === 0 ? 'event' : 'position');
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(written).toHaveLength(0);
    setSequence(1000);
    await vi.advanceTimersByTimeAsync(600);
    expect(written.map(sequenceIn)).toEqual([1000]);
  });

  test('does not put an event off when more of them come', async () => {
    const { writer, written } = await startedWriter();
    for (let tenths = 0; tenths < 50; tenths += 1) {
      writer.changed('event');
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(written.length).toBeGreaterThanOrEqual(4);
    expect(written.length).toBeLessThanOrEqual(5);
  });

  test('writes a mere position seldom', async () => {
    const { writer, written } = await startedWriter();
    writer.changed('position');
    await vi.advanceTimersByTimeAsync(59_999);
    expect(written).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(written).toHaveLength(1);
  });

  test('writes an event soon though a position waits to be written', async () => {
    const { writer, written } = await startedWriter();
    writer.changed('position');
    await vi.advanceTimersByTimeAsync(10_000);
    writer.changed('event');
    writer.changed('position');
    await vi.advanceTimersByTimeAsync(1000);
    expect(written).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(written).toHaveLength(1);
  });

  test.each([
    ['forward', 86_400_000],
    ['back', -86_400_000],
  ])('writes an event soon though the clock is set %s', async (_where, milliseconds) => {
    const { writer, written } = await startedWriter();
    writer.changed('position');
    vi.setSystemTime(Date.now() + milliseconds);
    writer.changed('event');
    await vi.advanceTimersByTimeAsync(1000);
    expect(written).toHaveLength(1);
  });

  test('writes nothing where nothing has changed', async () => {
    const { writer, written } = await startedWriter();
    await writer.flush();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(written).toHaveLength(0);
  });

  test('writes at the first flush, so that it is known whether that can be done', async () => {
    const state = createMemoryState();
    const writer = createLedgerWriter(state, () => ledger);
    expect(writer.isPersistent()).toBe(false);
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

  test('writes again what changed while it wrote, never two at a time', async () => {
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
    expect(running.most).toBe(1);
  });

  test('is done with flush() only when all is written', async () => {
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

  test('gives a reason for whatever goes wrong', async () => {
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
  const running = { now: 0, most: 0 };
  let sequence = 0;
  let failure: SourceError | undefined;
  const state: StateFile = {
    ...createMemoryState(),
    write: async (content) => {
      running.now += 1;
      running.most = Math.max(running.most, running.now);
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

function failing(error: Error): () => Promise<never> {
  return async () => {
    throw error;
  };
}
