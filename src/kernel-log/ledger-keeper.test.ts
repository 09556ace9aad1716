import { describe, expect, test, vi } from 'vitest';

import { createMemoryState } from '../../test/support/recorded-host.ts';
import type { StateFile } from '../host/host.ts';
import { ParseError, SourceError } from '../model/errors.ts';
import type { Ledger } from '../model/ledger.ts';
import { formatLedger } from '../parsers/ledger.ts';
import { createLedgerKeeper, restoreLedger } from './ledger-keeper.ts';

const bootId = 'eaba2374-e25b-415d-9ab4-2ca963d4d701';
const full = new SourceError('failed', 'ENOSPC');
const stuck = new SourceError('timeout', 'no answer');

const ledger: Ledger = {
  bootId,
  position: { sequence: 5, cursor: undefined, timestampMicroseconds: 5_000_000 },
  events: [{ device: 'vxa', driver: '', event: 'dead_loop', count: 7, lastTimestampSeconds: 8 }],
  previousBoot: {
    bootId: 'the previous boot',
    events: [{ device: 'vxb', driver: '', event: 'dead_loop', count: 1, lastTimestampSeconds: 2 }],
  },
};

describe('restoreLedger()', () => {
  test('returns nothing if there is no file yet', async () => {
    expect(await restoreLedger(createMemoryState(), bootId)).toEqual({
      ledger: undefined,
      previousBoot: undefined,
      problem: undefined,
    });
  });

  test('returns the counts of this boot', async () => {
    expect(await restoreLedger(createMemoryState(formatLedger(ledger)), bootId)).toEqual({
      ledger,
      previousBoot: ledger.previousBoot,
      problem: undefined,
    });
  });

  test('returns the counts of another boot as those of the previous boot', async () => {
    const state = createMemoryState(formatLedger(ledger));
    expect(await restoreLedger(state, 'a later boot')).toStrictEqual({
      ledger: undefined,
      previousBoot: { bootId, events: ledger.events },
      problem: undefined,
    });
    expect(await state.read()).toBe(formatLedger(ledger));
  });

  test('sets a damaged file aside and reports why', async () => {
    const state = createMemoryState(formatLedger(ledger).slice(0, 40));
    expect(await restoreLedger(state, bootId)).toEqual({
      ledger: undefined,
      previousBoot: undefined,
      problem: expect.any(ParseError),
    });
    expect(await state.read()).toBe(undefined);
  });

  test('sets aside a file that cannot be read', async () => {
    const setAside = vi.fn<() => Promise<void>>(async () => {});
    const unreadable = { ...createMemoryState(), setAside, read: failing(full) };
    expect(await restoreLedger(unreadable, bootId)).toMatchObject({ problem: full });
    expect(setAside).toHaveBeenCalledTimes(1);
  });

  test('reports the first error if the file cannot be set aside either', async () => {
    const setAside = failing(new SourceError('denied', 'EROFS'));
    const state = { ...createMemoryState('damaged'), setAside };
    expect((await restoreLedger(state, bootId)).problem).toBeInstanceOf(ParseError);
  });

  test('passes an unexpected error on', async () => {
    const mistake = new TypeError('mistake');
    const state = { ...createMemoryState(), read: failing(mistake) };
    await expect(restoreLedger(state, bootId)).rejects.toBe(mistake);
  });
});

describe('createLedgerKeeper()', () => {
  test('has no status until the first write has ended', async () => {
    const state = createMemoryState(formatLedger(ledger));
    const settled = vi.fn<() => void>();
    const keeper = createLedgerKeeper({ readFile: async () => `${bootId}\n`, state }, settled);
    expect(await keeper.restore(new AbortController().signal)).toMatchObject({ ledger });
    expect([keeper.isPersistent(), keeper.error()]).toEqual([undefined, undefined]);
    expect(settled).not.toHaveBeenCalled();

    keeper.startWriting(() => ({ ...ledger, events: [] }));
    await vi.waitFor(() => expect(settled).toHaveBeenCalledTimes(1), { timeout: 10_000 });
    expect(keeper.isPersistent()).toBe(true);
    expect(await state.read()).toBe(formatLedger({ ...ledger, events: [] }));
  });

  test.each([
    ['claimed', { claim: failing(full) }, full],
    ['read in time', { read: failing(stuck) }, stuck],
  ])(
    'reports that a state file cannot be %s, and restores it once it can',
    async (_what, failure, error) => {
      vi.useFakeTimers();
      try {
        const good = createMemoryState(formatLedger(ledger));
        let state: StateFile = { ...good, ...failure };
        const host = {
          readFile: async () => bootId,
          get state() {
            return state;
          },
        };
        const settled = vi.fn<() => void>();
        const keeper = createLedgerKeeper(host, settled);
        const restoring = keeper.restore(new AbortController().signal);
        await vi.advanceTimersByTimeAsync(12_000);
        expect([keeper.isPersistent(), keeper.error()]).toEqual([false, error]);
        expect(settled).toHaveBeenCalled();
        // What cannot be read now may say what was counted.
        expect(await good.read()).toBe(formatLedger(ledger));
        state = good;
        await vi.advanceTimersByTimeAsync(5000);
        expect(await restoring).toMatchObject({ ledger, problem: undefined });
        expect([keeper.isPersistent(), keeper.error()]).toEqual([undefined, undefined]);
      } finally {
        vi.useRealTimers();
      }
    },
  );

  test.each([
    ['absent', undefined],
    ['denied', 'denied'],
  ] as const)('does not write if the boot ID is %s, and reports %s', async (reason, reported) => {
    const failure = new SourceError(reason, 'no boot_id');
    const state = createMemoryState(formatLedger(ledger));
    const settled = vi.fn<() => void>();
    const keeper = createLedgerKeeper({ readFile: failing(failure), state }, settled);
    expect(await keeper.restore(new AbortController().signal)).toBe(undefined);
    expect(settled).toHaveBeenCalledTimes(1);
    keeper.startWriting(() => ({ ...ledger, events: [] }));
    await keeper.flush();
    expect(await state.read()).toBe(formatLedger(ledger));
    expect(keeper.isPersistent()).toBe(false);
    expect(keeper.error()?.reason).toBe(reported);
  });

  test('stops when the signal is aborted', async () => {
    const ending = new AbortController();
    const state = { ...createMemoryState(), claim: failing(full) };
    const keeper = createLedgerKeeper({ readFile: async () => bootId, state }, () => {
      ending.abort();
    });
    expect(await keeper.restore(ending.signal)).toBe(undefined);
  });
});

function failing(error: Error): () => Promise<never> {
  return async () => {
    throw error;
  };
}
