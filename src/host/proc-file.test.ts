import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createProcFileReader } from './proc-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'nicwatch-proc-file-'));

beforeAll(() => {
  writeFileSync(join(folder, 'empty'), '');
  writeFileSync(join(folder, 'long'), 'x'.repeat(64 * 1024 - 1));
  writeFileSync(join(folder, 'longer'), 'x'.repeat(64 * 1024 + 1));
  mkdirSync(join(folder, 'directory'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('createProcFileReader()', () => {
  test.each([
    ['empty', 0],
    ['long', 64 * 1024 - 1],
  ])('reads %s whole, repeatedly', (name, length) => {
    const read = createProcFileReader();
    expect(read(join(folder, name))).toHaveLength(length);
    expect(read(join(folder, name))).toHaveLength(length);
  });

  test('reads procfs, whose files have no size', () => {
    const read = createProcFileReader();
    expect(read('/proc/net/snmp')).toMatch(/^Ip: /);
    expect(read('/proc/net/snmp')).toMatch(/^Ip: [^]*\nUdpLite: .*\n$/);
  });

  test('reads the current content, longer or shorter, without remains of another file', () => {
    const read = createProcFileReader();
    const [path, other] = [join(folder, 'growing'), join(folder, 'other')];
    writeFileSync(path, 'Tcp: 1\n');
    writeFileSync(other, 'Udp: 22\n');
    expect(read(path)).toBe('Tcp: 1\n');
    expect(read(other)).toBe('Udp: 22\n');
    appendFileSync(path, 'Icmp: 2\n');
    expect(read(path)).toBe('Tcp: 1\nIcmp: 2\n');
    writeFileSync(path, 'Tcp\n');
    expect(read(path)).toBe('Tcp\n');
    writeFileSync(`${path}.new`, 'Tcp: 3\n');
    renameSync(`${path}.new`, path);
    expect(read(path)).toBe('Tcp: 3\n');
    expect(read(other)).toBe('Udp: 22\n');
  });

  test('reads a file as soon as it exists', () => {
    const read = createProcFileReader();
    const path = join(folder, 'snmp6');
    expect(() => read(path)).toThrow(expect.objectContaining({ reason: 'absent' }));
    writeFileSync(path, 'Ip6InReceives 7\n');
    expect(read(path)).toBe('Ip6InReceives 7\n');
  });

  test.each([
    ['nothing', 'absent'],
    ['empty/below', 'absent'],
    ['longer', 'failed'],
    ['directory', 'failed'],
  ])('says of %s that it is %s, and names it', (name, reason) => {
    const path = join(folder, name);
    const read = createProcFileReader();
    for (let times = 0; times < 2; times += 1) {
      expect(() => read(path)).toThrow(
        expect.objectContaining({
          reason,
          message: expect.stringContaining(JSON.stringify(path)),
        }),
      );
    }
  });

  test('is not blocked by a FIFO, with or without a writer', () => {
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const read = createProcFileReader();
    expect(read(fifo)).toBe('');
    const held = openSync(fifo, constants.O_RDWR);
    expect(() => read(fifo)).toThrow(expect.objectContaining({ reason: 'failed' }));
    closeSync(held);
  });
});
