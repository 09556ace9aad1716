import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createPacketTable } from './packet-table.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nicwatch-packet-table-'));
  path = join(folder, 'dev');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A table of so many devices, each of which has received as many packets. */
function writeTable(count: number, rxPackets: number): void {
  const lines = Array.from(
    { length: count },
    (_, index) => `eth${index}: 0 ${rxPackets} 0 0 0 0 0 0 0 ${index} 0 0 0 0 0 0\n`,
  );
  writeFileSync(path, `titles\ntitles\n${lines.join('')}`);
}

describe('createPacketTable()', () => {
  test('reads the current table through one open file', async () => {
    const read = createPacketTable(path);
    writeTable(2, 7);
    expect(await read()).toEqual(
      new Map([
        ['eth0', { rxPackets: 7, txPackets: 0 }],
        ['eth1', { rxPackets: 7, txPackets: 1 }],
      ]),
    );
    const open = readdirSync('/proc/self/fd').length;
    writeTable(2, 8);
    expect((await read()).get('eth1')).toEqual({ rxPackets: 8, txPackets: 1 });
    expect(readdirSync('/proc/self/fd')).toHaveLength(open);
  });

  test('reads a table of many chunks', async () => {
    writeTable(5000, 7);
    const table = await createPacketTable(path)();
    expect(table.size).toBe(5000);
    expect(table.get('eth4999')).toEqual({ rxPackets: 7, txPackets: 4999 });
  });

  test('reads the table of this machine, with the raw bytes of names', async () => {
    const table = await createPacketTable('/proc/net/dev')();
    expect(table.get('lo')).toBeDefined();
    writeFileSync(
      path,
      Buffer.from('titles\ntitles\nx\xfe: 0 1 0 0 0 0 0 0 0 2 0 0 0 0 0 0\n', 'latin1'),
    );
    expect([...(await createPacketTable(path)()).keys()]).toEqual(['x\xfe']);
  });

  test('retries a missing table', async () => {
    const read = createPacketTable(path);
    await expect(read()).rejects.toMatchObject({ name: 'SourceError', reason: 'absent' });
    writeTable(1, 7);
    expect((await read()).get('eth0')?.rxPackets).toBe(7);
  });

  test.each([
    ['a directory', () => tmpdir(), 'SourceError'],
    ['a text that is no table', () => new URL(import.meta.url).pathname, 'ParseError'],
  ])('rejects %s', async (_what, file, name) => {
    await expect(createPacketTable(file())()).rejects.toMatchObject({ name });
  });

  test('rejects an endless table', async () => {
    await expect(createPacketTable('/dev/zero')()).rejects.toMatchObject({
      name: 'SourceError',
      reason: 'failed',
    });
  });
});
