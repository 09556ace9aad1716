import { setTimeout } from 'node:timers/promises';

import { describe, expect, test, vi } from 'vitest';

import { kernelRecord } from '../../test/support/kernel-record.ts';
import { createMemoryState, createRecordedHost } from '../../test/support/recorded-host.ts';
import type { Host } from '../host/host.ts';
import { createDeferred } from '../model/deferred.ts';
import { SourceError } from '../model/errors.ts';
import type { KernelRecord } from '../model/kernel-record.ts';
import type { Ledger, LogPosition } from '../model/ledger.ts';
import { sleep } from '../model/sleep.ts';
import { formatLedger, parseLedger } from '../parsers/ledger.ts';
import { createKernelLogFollower } from './follow.ts';
import type { KernelLogFollowerOptions } from './follow.ts';
import type { KernelLogState } from './kernel-log-state.ts';

const hostName = 'debian-6.12.95-qemu';

/** Lets a follower read what a host's log holds, and says what it made of it. */
async function stateAfter(
  host: Host,
  options: Partial<KernelLogFollowerOptions> = {},
): Promise<KernelLogState> {
  const follower = createKernelLogFollower({ host, source: 'kmsg', ...options });
  const ending = new AbortController();
  const running = follower.run(ending.signal);
  await follower.caughtUp;
  ending.abort();
  await running;
  return follower.state();
}

type Log = Host['kernelLog'];

/** A kernel log of these batches, or errors. */
function logOf(...batches: readonly (readonly KernelRecord[] | SourceError)[]): Log {
  return async function* (_source, { signal }) {
    for (const records of batches) {
      if (records instanceof SourceError) {
        throw records;
      }
      yield { records, caughtUp: records === batches.at(-1) };
    }
    if (!signal.aborted) {
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
    }
  };
}

/** A kernel log that is written to, or fails, while it is followed. */
function createLiveLog(): {
  readonly follow: Log;
  /** Resolves when the written records have been consumed. */
  readonly write: (records: readonly KernelRecord[]) => Promise<void>;
  readonly fail: (failure: SourceError) => void;
} {
  let asked = createDeferred();
  let given = createDeferred();
  let next: readonly KernelRecord[] | SourceError = [];
  return {
    follow: async function* (_source, { signal }) {
      yield { records: [], caughtUp: true };
      for (;;) {
        given = createDeferred();
        signal.addEventListener('abort', given.resolve);
        asked.resolve();
        await given.promise;
        if (signal.aborted) {
          return;
        }
        if (next instanceof SourceError) {
          throw next;
        }
        yield { records: next, caughtUp: true };
      }
    },
    write: async (records) => {
      await asked.promise;
      asked = createDeferred();
      next = records;
      given.resolve();
      await asked.promise;
    },
    fail: (failure) => {
      next = failure;
      given.resolve();
    },
  };
}

function hostWithLog(kernelLog: Log, state: Host['state'] = createMemoryState()): Host {
  return { ...createRecordedHost(hostName), kernelLog, state };
}

const bootId = '5e3b2f4c-1d7a-4b5e-9c3d-2a1f0e9d8c7b';
const denied = new SourceError('denied', 'no CAP_SYSLOG');

function deadLoop(sequence: number, device = 'vxa'): KernelRecord {
  return kernelRecord(`Dead loop on virtual device ${device}, fix it urgently!`, {
    sequence,
    timestampMicroseconds: sequence * 1e6,
  });
}

const position: LogPosition = {
  sequence: 5,
  cursor: undefined,
  timestampMicroseconds: 5_000_000,
};
const ledger: Ledger & { readonly version: number } = {
  version: 1,
  bootId,
  position,
  events: [{ device: 'vxa', driver: '', event: 'dead_loop', count: 7, lastTimestampSeconds: 8 }],
  previousBoot: undefined,
};

function counts({ events }: KernelLogState): Record<string, number> {
  return Object.fromEntries(
    events.map(({ device, driver, event, count }) => [`${device}/${driver}/${event}`, count]),
  );
}

describe('createKernelLogFollower()', () => {
  test.each([
    [
      'hang-eno1-persist',
      { 'eno1/e1000e/unit_hang': 9, 'eno1/e1000e/tx_timeout': 3, 'eno1/e1000e/adapter_reset': 3 },
    ],
    ['deadloop-vxlan', { 'vxb//dead_loop': 12 }],
    ['deadloop-ipip', { 'ipb//dead_loop': 12 }],
    ['deadloop-ipvlan', { 'vxm//dead_loop': 12 }],
    ['hwcsum', { 'vx42/vxlan/rx_csum_fault': 1 }],
    ['linkflap', {}],
    ['boot', {}],
  ])('counts the events of recording %s', async (kernelLog, expected) => {
    expect(counts(await stateAfter(createRecordedHost(hostName, { kernelLog })))).toEqual(expected);
  });

  test.each([
    ['auto', ['kmsg', 'journal']],
    ['journal', ['journal']],
    ['none', []],
  ] as const)('knows from the start which sources %s is', (source, expected) => {
    const { state } = createKernelLogFollower({ host: hostWithLog(logOf([])), source });
    expect(state().sources.map((each) => each.source)).toEqual(expected);
    expect(state().sources.every(({ isUp }) => !isUp)).toBe(true);
    expect(state().previousBootEvents).toEqual([]);
  });

  test('has the timestamp of the last event', async () => {
    const { events } = await stateAfter(
      createRecordedHost(hostName, { kernelLog: 'hang-eno1-persist' }),
    );
    const last = events.find(({ event }) => event === 'adapter_reset')?.lastTimestampSeconds;
    // The boot time of the host, and the uptime of the record.
    expect(last).toBeCloseTo(1_795_145_580 + 105.081_264, 3);
  });

  test('counts messages suppressed by the rate limit of the kernel', async () => {
    const state = await stateAfter(createRecordedHost(hostName, { kernelLog: 'deadloop-vxlan' }));
    expect(state.sources).toMatchObject([{ source: 'kmsg', isUp: true, suppressed: 190, lost: 0 }]);
  });

  test('counts lost records from gaps in the sequence numbers', async () => {
    const state = await stateAfter(hostWithLog(logOf([deadLoop(10), deadLoop(11), deadLoop(15)])));
    expect(state.sources).toMatchObject([{ records: 3, lost: 3 }]);
    expect(counts(state)).toEqual({ 'vxa//dead_loop': 3 });
  });

  test('counts nothing twice when the log is opened again', async () => {
    let opened = 0;
    const host = hostWithLog(async function* () {
      opened += 1;
      yield { records: [deadLoop(1), deadLoop(2)].slice(0, opened), caughtUp: true };
      throw new SourceError('failed', 'taken away');
    });
    const follower = createKernelLogFollower({ host, source: 'kmsg', retryMilliseconds: 1 });
    const ending = new AbortController();
    const running = follower.run(ending.signal);
    await follower.caughtUp;
    expect(counts(follower.state())).toEqual({ 'vxa//dead_loop': 1 });
    await vi.waitUntil(() => opened > 3, { timeout: 10_000 });
    expect(counts(follower.state())).toEqual({ 'vxa//dead_loop': 2 });
    expect(follower.state().sources).toMatchObject([{ records: 2, lost: 0 }]);
    ending.abort();
    await running;
  });

  test('retries a log that fails after 1 s, then ever later up to 60 s, and after 1 s again once it was steady', async () => {
    vi.useFakeTimers();
    try {
      const startedAt = performance.now();
      const openedAt: number[] = [];
      const kernelLog: Log = async function* (_source, { signal }) {
        openedAt.push(Math.floor((performance.now() - startedAt) / 1000));
        if (openedAt.length === 9) {
          yield { records: [], caughtUp: true };
          await sleep(60_001, signal);
        }
        throw denied;
      };
      // Without a thread, whose time the fake timers do not know.
      const host = { ...hostWithLog(kernelLog), readFile: async () => bootId };
      const follower = createKernelLogFollower({ host, source: 'kmsg' });
      const ending = new AbortController();
      const running = follower.run(ending.signal);
      await vi.advanceTimersByTimeAsync(310_000);
      expect(openedAt).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 244, 246, 250, 258, 274, 306]);
      ending.abort();
      await running;
    } finally {
      vi.useRealTimers();
    }
  });

  test('reports why the log cannot be read', async () => {
    const { sources } = await stateAfter(hostWithLog(logOf(denied)));
    expect(sources).toMatchObject([{ source: 'kmsg', isUp: false, error: denied }]);
  });

  test('reports an unexpected error', async () => {
    const mistake = new RangeError('mistake');
    const { sources } = await stateAfter(
      hostWithLog(() => {
        throw mistake;
      }),
    );
    expect(sources[0]?.error).toMatchObject({
      reason: 'failed',
      message: 'cannot follow the kernel log: RangeError: mistake',
      cause: mistake,
    });
  });

  test('has caught up once it has read the log to its end', async () => {
    const rest = createDeferred();
    const follower = createKernelLogFollower({
      host: hostWithLog(async function* (_source, { signal }) {
        yield { records: [deadLoop(1)], caughtUp: false };
        await rest.promise;
        yield* logOf([deadLoop(2)])('kmsg', { signal, afterCursor: undefined });
      }),
      source: 'kmsg',
    });
    const ending = new AbortController();
    const running = follower.run(ending.signal);
    await vi.waitUntil(() => follower.state().events.length === 1, { timeout: 10_000 });
    await new Promise(setImmediate);
    expect(follower.state().isCaughtUp).toBe(false);
    rest.resolve();
    await follower.caughtUp;
    expect(counts(follower.state())).toEqual({ 'vxa//dead_loop': 2 });
    ending.abort();
    await running;
  });

  test('exports what it has counted if the log fails before it was read to its end', async () => {
    const host = hostWithLog(async function* () {
      yield { records: [deadLoop(1)], caughtUp: false };
      throw new SourceError('failed', 'taken away');
    });
    const state = await stateAfter(host);
    expect(state.isCaughtUp).toBe(true);
    expect(counts(state)).toEqual({ 'vxa//dead_loop': 1 });
  });

  test('keeps the number of foreign devices bounded and loses no event', async () => {
    const records = Array.from({ length: 150 }, (_, index) => deadLoop(index, `gw_${index}`));
    const { events } = await stateAfter(hostWithLog(logOf(records)));
    expect(events).toHaveLength(101);
    expect(events.find(({ device }) => device === '')?.count).toBe(50);
    expect(events.reduce((sum, { count }) => sum + count, 0)).toBe(150);
  });

  test('reports changes of its state, and only those', async () => {
    const log = createLiveLog();
    const changed = vi.fn<() => void>();
    const ending = new AbortController();
    const follower = createKernelLogFollower({ host: hostWithLog(log.follow), source: 'kmsg' });
    const running = follower.run(ending.signal, changed);
    await follower.caughtUp;
    changed.mockClear();

    await log.write([deadLoop(1), deadLoop(2), kernelRecord('nothing', { sequence: 3 })]);
    expect(changed).toHaveBeenCalledTimes(1);
    expect(counts(follower.state())).toEqual({ 'vxa//dead_loop': 2 });
    await log.write([kernelRecord('nothing', { sequence: 4, facility: 1 })]);
    expect(changed).toHaveBeenCalledTimes(2);
    await log.write([deadLoop(2), deadLoop(3)]);
    await log.write([]);
    expect(changed).toHaveBeenCalledTimes(2);
    log.fail(denied);
    await vi.waitUntil(() => changed.mock.calls.length === 3, { timeout: 10_000 });
    expect(follower.state().sources).toMatchObject([{ isUp: false }]);
    ending.abort();
    await running;
  });

  test('keeps the last hang of each device with its registers, and whether it was reset', async () => {
    const { lastHangs } = await stateAfter(
      createRecordedHost(hostName, { kernelLog: 'hang-eno1-persist' }),
    );
    expect([...lastHangs]).toEqual([
      [
        'eno1',
        {
          timestampSeconds: 1_795_145_680.064876,
          registers: { head: 0, tail: 4 },
          isReset: true,
        },
      ],
    ]);
  });
});

describe('createKernelLogFollower() across restarts', () => {
  const ring = [deadLoop(1), deadLoop(2), deadLoop(3)];

  test('persists an event as soon as it is counted, and a position later', async () => {
    const log = createLiveLog();
    const state = createMemoryState();
    const ending = new AbortController();
    const follower = createKernelLogFollower({
      host: hostWithLog(log.follow, state),
      source: 'kmsg',
    });
    const running = follower.run(ending.signal);
    await follower.caughtUp;
    const written = async (): Promise<Ledger> => parseLedger((await state.read()) ?? '');
    // Of the first write nothing is in the way any more.
    await setTimeout(150);
    await log.write([deadLoop(1), deadLoop(2)]);
    await setTimeout(50);
    expect(await written()).toMatchObject({ events: [{ count: 2 }], position: { sequence: 2 } });

    await log.write([kernelRecord('nothing', { sequence: 3 })]);
    await setTimeout(200);
    expect(await written()).toMatchObject({ position: { sequence: 2 } });
    ending.abort();
    await running;
    expect(await written()).toMatchObject({ position: { sequence: 3 } });
  });

  test('continues where the last run stopped', async () => {
    const state = createMemoryState();
    await stateAfter(hostWithLog(logOf(ring), state));
    const after = await stateAfter(hostWithLog(logOf([...ring, deadLoop(4)]), state));
    expect(counts(after)).toEqual({ 'vxa//dead_loop': 4 });
    expect(after).toMatchObject({ isPersistent: true, sources: [{ records: 1, lost: 0 }] });
  });

  test('counts records overwritten in between as lost, and keeps its counts', async () => {
    const state = createMemoryState();
    await stateAfter(hostWithLog(logOf(ring), state));
    const after = await stateAfter(hostWithLog(logOf([deadLoop(10)]), state));
    expect(counts(after)).toEqual({ 'vxa//dead_loop': 4 });
    expect(after.sources).toMatchObject([{ records: 1, lost: 6 }]);
  });

  test('starts from zero after a reboot and keeps its counts as those of the previous boot', async () => {
    const earlier = { ...ledger, bootId: 'another boot' };
    const state = createMemoryState(JSON.stringify(earlier));
    const after = await stateAfter(hostWithLog(logOf(ring), state));
    expect(counts(after)).toEqual({ 'vxa//dead_loop': 3 });
    expect(after.previousBootEvents).toEqual(ledger.events);
    // And still after another restart in the same boot.
    const again = await stateAfter(hostWithLog(logOf(ring), state));
    expect(again.previousBootEvents).toEqual(ledger.events);
  });

  test.each([
    ['empty', ''],
    ['cut off', JSON.stringify({ version: 1, bootId }).slice(0, -5)],
    ['not JSON', 'nonsense'],
    ['of a newer version', JSON.stringify({ version: 2, bootId })],
    ['no ledger', '[]'],
    [
      'damaged by one bit',
      formatLedger({ bootId, position, events: [], previousBoot: undefined }).replace(':5,', ':4,'),
    ],
    [
      'a ledger with an unknown event',
      JSON.stringify({ version: 1, bootId, position: {}, events: [{ event: 'x' }] }),
    ],
  ])('sets aside a state file that is %s, and recounts', async (_what, content) => {
    const state = createMemoryState(content);
    const setAside = vi.fn<() => Promise<void>>(state.setAside);
    const onStateProblem = vi.fn<(problem: Error) => void>();
    const after = await stateAfter(hostWithLog(logOf(ring), { ...state, setAside }), {
      onStateProblem,
    });
    expect(setAside).toHaveBeenCalledTimes(1);
    expect(onStateProblem).toHaveBeenCalledTimes(1);
    expect(counts(after)).toEqual({ 'vxa//dead_loop': 3 });
    expect(parseLedger((await state.read()) ?? '').bootId).toBe(bootId);
  });

  test('recounts if the state file is ahead of the log', async () => {
    const state = createMemoryState(JSON.stringify({ ...ledger, position: { sequence: 900 } }));
    const onStateProblem = vi.fn<(problem: Error) => void>();
    const host = hostWithLog(logOf(ring), state);
    const follower = createKernelLogFollower({
      host,
      source: 'kmsg',
      onStateProblem,
      retryMilliseconds: 1,
    });
    const ending = new AbortController();
    const running = follower.run(ending.signal);
    await follower.caughtUp;
    expect(counts(follower.state())).toEqual({ 'vxa//dead_loop': 3 });
    ending.abort();
    await running;
    expect(onStateProblem.mock.calls).toEqual([
      [new SourceError('failed', 'the state file is ahead of the kernel log')],
    ]);
  });

  test.each(['claim', 'read'] as const)(
    'follows the log while the disk does not answer %s, and merges its counts once it does',
    async (method) => {
      const back = createDeferred();
      const memory = createMemoryState(JSON.stringify(ledger));
      const log = createLiveLog();
      const opened: number[] = [];
      const host = hostWithLog(
        async function* (source, options) {
          opened.push(opened.length);
          // The ring is read from its beginning each time.
          yield { records: [deadLoop(5), deadLoop(6)], caughtUp: opened.length === 1 };
          yield* log.follow(source, options);
        },
        {
          ...memory,
          [method]: async () => {
            await back.promise;
            return memory[method]();
          },
        },
      );
      const follower = createKernelLogFollower({
        host,
        source: 'kmsg',
        retryMilliseconds: 1,
        restoreWaitMilliseconds: 10,
      });
      const reported: number[] = [];
      const ending = new AbortController();
      const running = follower.run(ending.signal, () => {
        const { isCaughtUp, events } = follower.state();
        if (isCaughtUp) {
          reported.push(events[0]?.count ?? 0);
        }
      });
      await follower.caughtUp;
      expect(counts(follower.state())).toEqual({ 'vxa//dead_loop': 2 });
      expect(follower.state()).toMatchObject({
        isPersistent: undefined,
        sources: [{ isUp: true }],
      });
      expect(await memory.read()).toBe(JSON.stringify(ledger));

      back.resolve();
      await vi.waitUntil(() => follower.state().isPersistent === true, { timeout: 10_000 });
      await vi.waitUntil(() => follower.state().events[0]?.count === 8, { timeout: 10_000 });
      // Counters do not fall even while the log is read again.
      expect(reported).toEqual(reported.toSorted((one, other) => one - other));
      ending.abort();
      await running;
      expect(parseLedger((await memory.read()) ?? '')).toMatchObject({
        events: [{ count: 8 }],
        position: { sequence: 6 },
      });
    },
  );

  test('keeps its counts if the disk had no ledger', async () => {
    const back = createDeferred();
    const memory = createMemoryState();
    let opened = 0;
    const host = hostWithLog(
      async function* (source, options) {
        yield* logOf(ring)(source, options);
        opened += 1;
      },
      { ...memory, claim: async () => back.promise },
    );
    const follower = createKernelLogFollower({
      host,
      source: 'kmsg',
      restoreWaitMilliseconds: 10,
      retryMilliseconds: 1,
    });
    const ending = new AbortController();
    const running = follower.run(ending.signal);
    await follower.caughtUp;
    back.resolve();
    await follower.persistenceKnown;
    expect(counts(follower.state())).toEqual({ 'vxa//dead_loop': 3 });
    ending.abort();
    await running;
    // The log was read again, and each record counted once.
    expect(opened).toBe(2);
    expect(follower.state().sources).toMatchObject([{ records: 3 }]);
    expect(parseLedger((await memory.read()) ?? '')).toMatchObject({ events: [{ count: 3 }] });
  });

  test('reads the previous boot while the disk does not answer', async () => {
    const host = {
      ...hostWithLog(logOf(ring), { ...createMemoryState(), claim: () => new Promise(() => {}) }),
      previousBootLog: async function* () {
        yield [{ ...deadLoop(1), bootId: 'another boot' }];
      },
    };
    const after = await stateAfter(host, { restoreWaitMilliseconds: 10 });
    expect(after.previousBootEvents).toMatchObject([{ device: 'vxa', count: 1 }]);
  });

  test('is not delayed at shutdown by a disk that does not answer', async () => {
    const host = hostWithLog(logOf(ring), {
      ...createMemoryState(),
      write: () => new Promise(() => {}),
    });
    const startedAt = performance.now();
    expect(counts(await stateAfter(host))).toEqual({ 'vxa//dead_loop': 3 });
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  test('continues if the state cannot be written, and reports it', async () => {
    const full = new SourceError('failed', 'ENOSPC');
    const after = await stateAfter(
      hostWithLog(logOf(ring), {
        ...createMemoryState(),
        write: async () => {
          throw full;
        },
      }),
    );
    expect(after).toMatchObject({ isPersistent: false, stateError: full });
    expect(counts(after)).toEqual({ 'vxa//dead_loop': 3 });
  });
});

/** The same records as the journal has them: no sequence numbers, but a cursor. */
function journal(...sequences: readonly number[]): readonly KernelRecord[] {
  return sequences.map((sequence) => ({
    ...deadLoop(sequence),
    sequence: undefined,
    cursor: `c${sequence}`,
    realtimeMicroseconds: 1e15 + sequence,
  }));
}

describe('createKernelLogFollower() with the journal', () => {
  test('falls back on it if /dev/kmsg cannot be read', async () => {
    const log = logOf(journal(1, 2));
    const after = await stateAfter(
      hostWithLog((source, options) =>
        source === 'kmsg' ? logOf(denied)(source, options) : log(source, options),
      ),
      { source: 'auto' },
    );
    expect(after.sources).toMatchObject([
      { source: 'kmsg', isUp: false, error: denied },
      { source: 'journal', isUp: true, records: 2 },
    ]);
    expect(after.events).toMatchObject([{ count: 2, lastTimestampSeconds: 1e9 + 2e-6 }]);
  });

  test('falls back on it if /dev/kmsg is taken away, and counts nothing twice', async () => {
    let opened = 0;
    const host = hostWithLog(async function* (source, options) {
      if (source === 'journal') {
        yield* logOf(journal(1, 2, 3))(source, options);
        return;
      }
      opened += 1;
      if (opened > 1) {
        throw denied;
      }
      yield { records: [deadLoop(1), deadLoop(2)], caughtUp: true };
      throw new SourceError('absent', 'taken away');
    });
    const follower = createKernelLogFollower({ host, source: 'auto', retryMilliseconds: 1 });
    const ending = new AbortController();
    const running = follower.run(ending.signal);
    await vi.waitUntil(() => follower.state().sources[1]?.isUp === true, { timeout: 10_000 });
    await vi.waitUntil(() => follower.state().events[0]?.count === 3, { timeout: 10_000 });
    expect(follower.state().sources).toMatchObject([
      { source: 'kmsg', isUp: false, error: denied, records: 2 },
      { source: 'journal', isUp: true, records: 1 },
    ]);
    ending.abort();
    await running;
  });

  test.each(['journal', 'auto'] as const)('continues after the cursor: %s', async (choice) => {
    const state = createMemoryState();
    await stateAfter(hostWithLog(logOf(journal(1, 2)), state), { source: 'journal' });
    const cursors: (string | undefined)[] = [];
    const after = await stateAfter(
      hostWithLog((source, options) => {
        if (source === 'kmsg') {
          throw denied;
        }
        cursors.push(options.afterCursor);
        return logOf(journal(3))(source, options);
      }, state),
      { source: choice },
    );
    expect(cursors).toEqual(['c2']);
    expect(counts(after)).toEqual({ 'vxa//dead_loop': 3 });
  });

  test('reads from the beginning if the cursor is invalid, and counts nothing twice', async () => {
    const state = createMemoryState();
    await stateAfter(hostWithLog(logOf(journal(1, 2)), state), { source: 'journal' });
    const host = hostWithLog(
      (source, options) =>
        options.afterCursor === undefined
          ? logOf(journal(1, 2, 3))(source, options)
          : logOf(new SourceError('failed', 'cannot seek'))(source, options),
      state,
    );
    const follower = createKernelLogFollower({ host, source: 'journal', retryMilliseconds: 1 });
    const ending = new AbortController();
    const running = follower.run(ending.signal);
    await vi.waitUntil(() => follower.state().events[0]?.count === 3, { timeout: 10_000 });
    ending.abort();
    await running;
    expect(counts(follower.state())).toEqual({ 'vxa//dead_loop': 3 });
  });

  test('counts nothing twice when one source takes over from the other', async () => {
    const state = createMemoryState();
    await stateAfter(hostWithLog(logOf([deadLoop(1), deadLoop(2)]), state));
    const byJournal = await stateAfter(hostWithLog(logOf(journal(1, 2, 3)), state), {
      source: 'journal',
    });
    expect(counts(byJournal)).toEqual({ 'vxa//dead_loop': 3 });
    const byKmsg = await stateAfter(
      hostWithLog(logOf([deadLoop(1), deadLoop(2), deadLoop(3), deadLoop(4)]), state),
    );
    expect(counts(byKmsg)).toEqual({ 'vxa//dead_loop': 4 });
    expect(byKmsg.sources).toMatchObject([{ lost: 0 }]);
  });

  test('reports the events of the previous boot, from the journal and from the ledger', async () => {
    const previous = journal(1, 2).map((record) => ({ ...record, bootId: 'another boot' }));
    const hang = {
      ...previous[0],
      text: 'igb 0000:00:07.0: Detected Tx Unit Hang',
    };
    const earlier = { ...ledger, bootId: 'another boot' };
    const state = createMemoryState(JSON.stringify(earlier));
    const host = {
      ...hostWithLog(logOf([]), state),
      previousBootLog: async function* () {
        yield [...previous, { ...deadLoop(1), ...hang, bootId: 'another boot' }];
      },
    };
    const follower = createKernelLogFollower({ host, source: 'kmsg' });
    const ending = new AbortController();
    let isReported = false;
    const running = follower.run(ending.signal, () => {
      isReported ||= follower.state().previousBootEvents.length === 2;
    });
    await vi.waitUntil(() => isReported, { timeout: 10_000 });
    ending.abort();
    await running;
    expect(parseLedger((await state.read()) ?? '').previousBoot?.events).toHaveLength(2);
    expect(follower.state().previousBootEvents).toMatchObject([
      { device: 'vxa', event: 'dead_loop', count: 7 },
      {
        device: 'enp6s0',
        driver: 'igb',
        event: 'unit_hang',
        count: 1,
        lastTimestampSeconds: 1e9 + 1e-6,
      },
    ]);
  });
});
