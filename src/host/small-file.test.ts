import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { readSmallFile } from './small-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'nicwatch-small-file-'));

beforeAll(() => {
  writeFileSync(join(folder, 'speed'), '1000\n');
  writeFileSync(join(folder, 'empty'), '');
  writeFileSync(join(folder, 'largest'), 'x'.repeat(1024 * 1024));
  writeFileSync(join(folder, 'larger'), 'x'.repeat(1024 * 1024 + 1));
  mkdirSync(join(folder, 'queues'));
  symlinkSync('../../bus/pci/drivers/e1000e', join(folder, 'driver'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('readSmallFile()', () => {
  test.each([
    ['speed', 5],
    ['empty', 0],
    ['largest', 1024 * 1024],
  ])('reads %s whole', async (name, length) => {
    expect(await readSmallFile(join(folder, name))).toHaveLength(length);
  });

  test('reads procfs, whose files have no size', async () => {
    expect(await readSmallFile('/proc/net/snmp')).toMatch(/^Ip: /);
  });

  test.each([
    ['nothing', 'absent'],
    ['speed/below', 'absent'],
    ['larger', 'failed'],
    ['queues', 'failed'],
  ])('says of %s that it is %s, and names it', async (name, reason) => {
    const path = join(folder, name);
    await expect(readSmallFile(path)).rejects.toMatchObject({
      reason,
      message: expect.stringContaining(JSON.stringify(path)),
    });
  });

  test('reports that an attribute has no value', async () => {
    // Loopback has no speed.
    await expect(readSmallFile('/sys/class/net/lo/speed')).rejects.toMatchObject({
      reason: 'unsupported',
    });
  });

  test('is not blocked by a FIFO without a writer', async () => {
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    expect(await readSmallFile(fifo)).toBe('');
    const held = openSync(fifo, constants.O_RDWR);
    await expect(readSmallFile(fifo)).rejects.toMatchObject({ reason: 'failed' });
    closeSync(held);
  });
});
