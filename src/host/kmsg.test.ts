import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { afterAll, describe, expect, test, vi } from 'vitest';

import { readKernelRing } from '../../test/support/kernel-ring.ts';
import { SourceError } from '../model/errors.ts';
import type { KernelLogBatch, KernelRecord } from '../model/kernel-record.ts';
import { readKmsg } from './kmsg.ts';
import { openLibc } from './libc.ts';
import { createWaitReadable } from './wait-readable.ts';
import type { WaitReadable } from './wait-readable.ts';

const folder = mkdtempSync(join(tmpdir(), 'nicwatch-kmsg-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const isRoot = process.getuid?.() === 0;
const waitReadable = createWaitReadable(await openLibc());

const refusing: WaitReadable = async () => {
  throw new SourceError('failed', 'too many calls');
};

/** Reads until a record matches, and returns all that were read. */
async function readUntil(
  path: string,
  isWanted: (record: KernelRecord) => boolean,
  whenCaughtUp: () => void = () => {},
): Promise<readonly KernelRecord[]> {
  const ending = new AbortController();
  const { signal } = ending;
  const records: KernelRecord[] = [];
  for await (const batch of readKmsg(path, { signal, waitReadable })) {
    records.push(...batch.records);
    if (records.some(isWanted)) {
      ending.abort();
    } else if (batch.caughtUp) {
      whenCaughtUp();
    }
  }
  return records;
}

/** What comes of a file while `act` goes on, and how often it was waited for. */
async function readWhile(
  path: string,
  act: () => Promise<void>,
  wait: WaitReadable | undefined = waitReadable,
): Promise<{ readonly batches: readonly KernelLogBatch[]; readonly waits: number }> {
  const ending = new AbortController();
  const waiting = vi.fn<WaitReadable>(wait);
  const batches: KernelLogBatch[] = [];
  const reading = (async () => {
    for await (const batch of readKmsg(path, { signal: ending.signal, waitReadable: waiting })) {
      batches.push(batch);
    }
  })();
  await vi.waitUntil(() => batches.some(({ caughtUp }) => caughtUp));
  batches.length = 0;
  waiting.mockClear();
  await act();
  ending.abort();
  await reading;
  return { batches, waits: waiting.mock.calls.length };
}

/** Milliseconds from when a record is written to when it was read; those others write meanwhile do not matter. */
async function latencyOf(wait: WaitReadable | undefined): Promise<number> {
  const text = `nicwatch latency ${process.pid} ${Math.random()}`;
  const ending = new AbortController();
  let writtenAt: number | undefined;
  for await (const batch of readKmsg('/dev/kmsg', { signal: ending.signal, waitReadable: wait })) {
    if (batch.records.some((record) => record.text === text)) {
      return performance.now() - (writtenAt ?? Number.NaN);
    }
    if (batch.caughtUp && writtenAt === undefined) {
      // From outside the loop: it goes on only when the log is waited for.
      void setTimeout(100).then(() => {
        writtenAt = performance.now();
        writeFileSync('/dev/kmsg', `<7>${text}\n`);
      });
    }
  }
  throw new Error('the log ended');
}

describe('readKmsg()', () => {
  test('reports a missing log', async () => {
    await expect(readUntil(join(folder, 'nothing'), () => true)).rejects.toMatchObject({
      reason: 'absent',
      message: expect.stringMatching(/^--kernel-log\.source=kmsg: .*ENOENT; .*--path\.rootfs$/),
    });
  });

  test('names the required capability if the log may not be read', async () => {
    // Not even root may read what is only to be written.
    await expect(readUntil('/proc/sys/net/ipv4/route/flush', () => true)).rejects.toMatchObject({
      reason: 'denied',
      message: expect.stringMatching(/^--kernel-log\.source=kmsg: .*CAP_SYSLOG$/),
    });
  });

  test('continues after a malformed record', async () => {
    const file = join(folder, 'kmsg');
    writeFileSync(file, 'nonsense');
    const records = await readUntil(
      file,
      ({ text }) => text === 'good',
      () => {
        appendFileSync(file, '6,7,8,-;good\n');
      },
    );
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      sequence: 7,
      timestampMicroseconds: 8,
      facility: 0,
      level: 6,
    });
  });

  test.skipIf(!isRoot)(
    'replays the ring of this machine and follows it (needs root to write to it)',
    async () => {
      const mark = `nicwatch test ${process.pid} back\\slash tab\there é`;
      const records = await readUntil(
        '/dev/kmsg',
        ({ text }) => text === mark,
        () => {
          writeFileSync('/dev/kmsg', `${mark}\n`);
        },
      );
      const sequences = records.flatMap(({ sequence }) => sequence ?? []);
      expect(sequences).toEqual(sequences.toSorted((one, other) => one - other));
      const facilities = new Map(records.map(({ sequence, facility }) => [sequence, facility]));
      const ring = readKernelRing().filter(({ sequence }) => facilities.has(sequence));
      expect(ring).not.toEqual([]);
      expect(ring.map(({ sequence }) => facilities.get(sequence))).toEqual(
        ring.map(({ facility }) => facility),
      );
      // What a process writes is never facility 0.
      expect(records.find(({ text }) => text === mark)?.facility).toBe(1);
    },
  );

  test('ends promptly when the signal is aborted', async () => {
    const file = join(folder, 'idle');
    writeFileSync(file, '');
    for (const wait of [waitReadable, undefined]) {
      const ending = new AbortController();
      const log = readKmsg(file, { signal: ending.signal, waitReadable: wait });
      expect(await log.next()).toEqual({ done: false, value: { records: [], caughtUp: true } });
      const next = log.next();
      const startedAt = performance.now();
      ending.abort();
      expect((await next).done).toBe(true);
      expect(performance.now() - startedAt).toBeLessThan(1500);
    }
  });

  test.skipIf(!isRoot)('reads a record at once when it is logged (needs root)', async () => {
    const latencies = [];
    for (let count = 0; count < 5; count += 1) {
      latencies.push(await latencyOf(waitReadable));
    }
    // The machine may be busy with something else once.
    expect(latencies.toSorted((one, other) => one - other)[2]).toBeLessThan(50);
  });

  test.skipIf(!isRoot)('reads by the clock where it cannot wait (needs root)', async () => {
    for (const wait of [undefined, refusing]) {
      expect(await latencyOf(wait)).toBeLessThan(2500);
    }
  });

  test.skipIf(!isRoot)('reads a burst of records at once (needs root)', async () => {
    const lines = 400;
    const { batches, waits } = await readWhile('/dev/kmsg', async () => {
      for (let line = 0; line < lines; line += 1) {
        // Below the console log level; reopened each time: a writer is limited to ten records in five seconds.
        writeFileSync('/dev/kmsg', `<7>nicwatch flood ${line}\n`);
        if (line % 4 === 0) {
          await setTimeout(1);
        }
      }
      await setTimeout(100);
    });
    const records = batches.flatMap((batch) => batch.records);
    expect(records.filter(({ text }) => text.startsWith('nicwatch flood'))).toHaveLength(lines);
    expect(waits).toBeLessThan(40);
  });

  test('does not spin on a file that is always readable but empty', async () => {
    const file = join(folder, 'readable');
    writeFileSync(file, '');
    const { batches, waits } = await readWhile(file, async () => {
      await setTimeout(500);
    });
    expect(batches).toEqual([]);
    expect(waits).toBeLessThan(3);
  });

  test('passes an unexpected error of waiting on', async () => {
    const file = join(folder, 'mistake');
    writeFileSync(file, '');
    const mistake = new TypeError('mistake');
    const log = readKmsg(file, {
      signal: new AbortController().signal,
      waitReadable: async () => {
        throw mistake;
      },
    });
    await log.next();
    await expect(log.next()).rejects.toBe(mistake);
  });
});
