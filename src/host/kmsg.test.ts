import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';

import type { KernelRecord } from '../model/kernel-record.ts';
import { readKmsg } from './kmsg.ts';

const folder = mkdtempSync(join(tmpdir(), 'nicwatch-kmsg-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const isRoot = process.getuid?.() === 0;

/** Reads until a record is as wanted, and gives all that were read. */
async function readUntil(
  path: string,
  isWanted: (record: KernelRecord) => boolean,
  whenCaughtUp: () => void = () => {},
): Promise<readonly KernelRecord[]> {
  const ending = new AbortController();
  const records: KernelRecord[] = [];
  for await (const batch of readKmsg(path, ending.signal)) {
    records.push(...batch.records);
    if (records.some(isWanted)) {
      ending.abort();
    } else if (batch.caughtUp) {
      whenCaughtUp();
    }
  }
  return records;
}

describe('readKmsg()', () => {
  test('says that there is no log', async () => {
    await expect(readUntil(join(folder, 'nothing'), () => true)).rejects.toMatchObject({
      reason: 'absent',
    });
  });

  test('goes on behind a record in no known form', async () => {
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
      expect(records.some(({ facility }) => facility === 0)).toBe(true);
      // What a process writes is never facility 0.
      expect(records.find(({ text }) => text === mark)?.facility).toBe(1);
    },
  );

  test('ends within a moment when it is told to', async () => {
    const file = join(folder, 'idle');
    writeFileSync(file, '');
    const ending = new AbortController();
    const log = readKmsg(file, ending.signal);
    expect(await log.next()).toEqual({ done: false, value: { records: [], caughtUp: true } });
    const next = log.next();
    const startedAt = performance.now();
    ending.abort();
    expect((await next).done).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(200);
  });
});
