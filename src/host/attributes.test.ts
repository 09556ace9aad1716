import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createAttributeReader } from './attributes.ts';
import type { AttributeSource } from './attributes.ts';

let sysfs = '';
beforeEach(() => {
  sysfs = mkdtempSync(join(tmpdir(), 'nicwatch-attributes-'));
});
afterEach(() => {
  rmSync(sysfs, { recursive: true });
});

/** Makes a device of one attribute and one queue. */
function device(name: string, interfaceIndex: number, txPackets: number): AttributeSource {
  mkdirSync(join(sysfs, name, 'queues/tx-0'), { recursive: true });
  writeFileSync(join(sysfs, name, 'tx_packets'), `${txPackets}\n`);
  return { label: name, path: Buffer.from(join(sysfs, name)), interfaceIndex };
}

function openFiles(): number {
  return readdirSync('/proc/self/fd').length;
}

describe('createAttributeReader()', () => {
  test('reads what an attribute is now, through a file it keeps open', () => {
    const reader = createAttributeReader();
    reader.follow([device('eno1', 2, 7)]);
    expect(reader.read('eno1', 'tx_packets')).toBe('7\n');
    const open = openFiles();
    writeFileSync(join(sysfs, 'eno1/tx_packets'), '8\n');
    expect(reader.read('eno1', 'tx_packets')).toBe('8\n');
    expect(openFiles()).toBe(open);
  });

  test('reads the device that bears the name now', () => {
    const reader = createAttributeReader();
    reader.follow([device('eno1', 2, 7)]);
    reader.read('eno1', 'tx_packets');
    renameSync(join(sysfs, 'eno1'), join(sysfs, 'eno9'));
    const renamed = { label: 'eno9', path: Buffer.from(join(sysfs, 'eno9')), interfaceIndex: 2 };
    reader.follow([device('eno1', 3, 100), renamed]);
    expect(reader.read('eno1', 'tx_packets')).toBe('100\n');
    expect(reader.read('eno9', 'tx_packets')).toBe('7\n');
  });

  test('closes what belongs to devices that are gone', () => {
    const reader = createAttributeReader();
    const before = openFiles();
    for (let round = 0; round < 5; round += 1) {
      reader.follow([device('eno1', round, 1), device('eno2', 50, 1)]);
      reader.read('eno1', 'tx_packets');
      reader.read('eno2', 'tx_packets');
      expect(openFiles()).toBe(before + 2);
    }
    reader.follow([]);
    expect(openFiles()).toBe(before);
  });

  test('lists a directory again after a while', () => {
    let now = 0;
    const reader = createAttributeReader(() => now);
    reader.follow([device('eno1', 2, 7)]);
    expect(reader.list('eno1', 'queues')).toEqual(['tx-0']);
    mkdirSync(join(sysfs, 'eno1/queues/tx-1'));
    now = 15_000;
    expect(reader.list('eno1', 'queues')).toEqual(['tx-0']);
    now = 15_001;
    expect([...reader.list('eno1', 'queues')].toSorted()).toEqual(['tx-0', 'tx-1']);
  });

  test('looks after a while for what was not there', () => {
    let now = 0;
    const reader = createAttributeReader(() => now);
    const path = 'queues/tx-0/byte_queue_limits';
    reader.follow([device('eno1', 2, 7)]);
    expect(() => reader.read('eno1', path)).toThrow('ENOENT');
    writeFileSync(join(sysfs, 'eno1', path), '0\n');
    expect(() => reader.read('eno1', path)).toThrow('ENOENT');
    now = 15_001;
    expect(reader.read('eno1', path)).toBe('0\n');
  });

  test.each([
    ['a device nobody has told of', 'eno7', 'tx_packets', 'absent'],
    ['an attribute that is not there', 'eno1', 'nothing', 'absent'],
    ['a directory', 'eno1', 'queues', 'failed'],
  ])('says of %s why it cannot be read', (_what, name, attribute, reason) => {
    const reader = createAttributeReader();
    reader.follow([device('eno1', 2, 7)]);
    expect(() => reader.read(name, attribute)).toThrow(
      expect.objectContaining({ name: 'SourceError', reason }),
    );
    expect(reader.read('eno1', 'tx_packets')).toBe('7\n');
  });
});
