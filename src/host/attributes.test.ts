import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { createAttributes } from './attributes.ts';
import type { Attributes } from './attributes.ts';
import { createDescriptorBudget } from './descriptors.ts';

let sysfs = '';
beforeEach(() => {
  sysfs = mkdtempSync(join(tmpdir(), 'nicwatch-attributes-'));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(sysfs, { recursive: true });
});

/** A device of one attribute and one queue. */
function device(name: string, txPackets: number, descriptors = createDescriptorBudget(1024)) {
  mkdirSync(join(sysfs, name, 'queues/tx-0'), { recursive: true });
  writeFileSync(join(sysfs, name, 'tx_packets'), `${txPackets}\n`);
  let current = name;
  let generation = 0;
  const attributes = createAttributes({
    directory: () => Buffer.from(join(sysfs, current)),
    descriptors,
    generation: () => generation,
  });
  return {
    ...attributes,
    announce: () => {
      generation += 1;
    },
    rename: (next: string) => {
      renameSync(join(sysfs, current), join(sysfs, next));
      current = next;
    },
  };
}

/** Fakes the clock. */
function startClock(): void {
  vi.useFakeTimers({ toFake: ['performance'] });
  // No process has read anything at its time 0.
  vi.advanceTimersByTime(1);
}

function openFiles(): number {
  return readdirSync('/proc/self/fd').length;
}

/** Both ways to read. */
const reads: readonly (readonly [
  name: string,
  read: (attributes: Attributes, attribute: string) => Promise<string>,
])[] = [
  ['readNow', async (attributes, attribute) => attributes.readNow(attribute)],
  ['read', async (attributes, attribute) => attributes.read(attribute)],
];

describe.each(reads)('%s()', (_name, read) => {
  test('reads the current value through a file it keeps open', async () => {
    const eno1 = device('eno1', 7);
    expect(await read(eno1, 'tx_packets')).toBe('7\n');
    const open = openFiles();
    writeFileSync(join(sysfs, 'eno1/tx_packets'), '8\n');
    expect(await read(eno1, 'tx_packets')).toBe('8\n');
    expect(openFiles()).toBe(open);
    eno1.close();
  });

  test('reads its own device after another has taken the name', async () => {
    const renamed = device('eno1', 7);
    await read(renamed, 'tx_packets');
    renamed.rename('eno9');
    writeFileSync(join(sysfs, 'eno9/mtu'), '1500\n');
    const newcomer = device('eno1', 100);
    writeFileSync(join(sysfs, 'eno1/mtu'), '9000\n');
    expect(await read(newcomer, 'tx_packets')).toBe('100\n');
    expect(await read(renamed, 'tx_packets')).toBe('7\n');
    // A file that was not open yet is that of the name it has now.
    expect(await read(renamed, 'mtu')).toBe('1500\n');
    renamed.close();
    newcomer.close();
  });

  test('reopens a file that was removed and recreated', async () => {
    const eno1 = device('eno1', 7);
    mkdirSync(join(sysfs, 'eno1/speed'));
    await expect(read(eno1, 'speed')).rejects.toMatchObject({ reason: 'failed' });
    rmSync(join(sysfs, 'eno1/speed'), { recursive: true });
    writeFileSync(join(sysfs, 'eno1/speed'), '1000\n');
    expect(await read(eno1, 'speed')).toBe('1000\n');
    eno1.close();
  });

  test('looks up absent attributes again when the TTL has expired', async () => {
    startClock();
    const eno1 = device('eno1', 7);
    const path = 'queues/tx-0/byte_queue_limits';
    await expect(read(eno1, path)).rejects.toThrow('ENOENT');
    writeFileSync(join(sysfs, 'eno1', path), '0\n');
    vi.advanceTimersByTime(60_000);
    await expect(read(eno1, path)).rejects.toThrow('ENOENT');
    vi.advanceTimersByTime(1);
    expect(await read(eno1, path)).toBe('0\n');
    eno1.close();
  });

  test.each([
    ['an attribute that is not there', 'nothing', 'absent'],
    ['a directory', 'queues', 'failed'],
  ])('says of %s why it cannot be read, and reads the others', async (_what, name, reason) => {
    const before = openFiles();
    const eno1 = device('eno1', 7);
    await expect(read(eno1, name)).rejects.toMatchObject({
      name: 'SourceError',
      reason,
      message: expect.stringContaining(JSON.stringify(join(sysfs, 'eno1', name))),
    });
    expect(openFiles()).toBe(before);
    expect(await read(eno1, 'tx_packets')).toBe('7\n');
    eno1.close();
  });

  test.each(['without a writer', 'with a writer that writes nothing'])(
    'is not blocked by a FIFO %s',
    async (writer) => {
      const eno1 = device('eno1', 7);
      const fifo = join(sysfs, 'eno1/carrier');
      execFileSync('mkfifo', [fifo]);
      const held = writer.startsWith('with a') ? openSync(fifo, constants.O_RDWR) : undefined;
      const before = openFiles();
      const startedAt = performance.now();
      await expect(read(eno1, 'carrier')).rejects.toMatchObject({ reason: 'failed' });
      expect(performance.now() - startedAt).toBeLessThan(100);
      expect(await read(eno1, 'tx_packets')).toBe('7\n');
      eno1.close();
      expect(openFiles()).toBe(before);
      if (held !== undefined) {
        closeSync(held);
      }
    },
  );

  test('opens and closes a file for each read if the descriptor budget is exhausted', async () => {
    const before = openFiles();
    const eno1 = device('eno1', 7, createDescriptorBudget(0));
    for (let txPackets = 7; txPackets < 10; txPackets += 1) {
      writeFileSync(join(sysfs, 'eno1/tx_packets'), `${txPackets}\n`);
      expect(await read(eno1, 'tx_packets')).toBe(`${txPackets}\n`);
      expect(openFiles()).toBe(before);
    }
    await expect(read(eno1, 'queues')).rejects.toMatchObject({ reason: 'failed' });
    expect(openFiles()).toBe(before);
  });

  test('closes the files of a device that is gone', async () => {
    const before = openFiles();
    const eno1 = device('eno1', 7);
    await read(eno1, 'tx_packets');
    expect(openFiles()).toBe(before + 1);
    eno1.close();
    expect(openFiles()).toBe(before);
    // A poll that began before may still read it.
    expect(await read(eno1, 'tx_packets')).toBe('7\n');
    expect(openFiles()).toBe(before);
  });
});

describe('createAttributes()', () => {
  test('lists a directory again when the TTL has expired', () => {
    startClock();
    const eno1 = device('eno1', 7);
    expect(eno1.list('queues')).toEqual(['tx-0']);
    mkdirSync(join(sysfs, 'eno1/queues/tx-1'));
    vi.advanceTimersByTime(60_000);
    expect(eno1.list('queues')).toEqual(['tx-0']);
    vi.advanceTimersByTime(1);
    expect([...eno1.list('queues')].toSorted()).toEqual(['tx-0', 'tx-1']);
  });

  test('looks up again what was absent when the kernel announces a change of the device', () => {
    const eno1 = device('eno1', 7);
    expect(() => eno1.list('later')).toThrow('ENOENT');
    expect(() => eno1.readNow('later/limit')).toThrow('ENOENT');
    mkdirSync(join(sysfs, 'eno1/later'));
    writeFileSync(join(sysfs, 'eno1/later/limit'), '5\n');
    expect(() => eno1.list('later')).toThrow('ENOENT');
    eno1.announce();
    expect(eno1.list('later')).toEqual(['limit']);
    expect(eno1.readNow('later/limit')).toBe('5\n');
    eno1.close();
  });

  test('lists a directory again when a file in it can no longer be read', () => {
    const eno1 = device('eno1', 7);
    expect(eno1.list('queues')).toEqual(['tx-0']);
    rmSync(join(sysfs, 'eno1/queues/tx-0'), { recursive: true });
    mkdirSync(join(sysfs, 'eno1/queues/tx-1'));
    expect(() => eno1.readNow('queues')).toThrow('EISDIR');
    expect(eno1.list('queues')).toEqual(['tx-1']);
    eno1.close();
  });

  test('reports a missing directory as absent', () => {
    expect(() => device('eno1', 7).list('nothing')).toThrow(
      expect.objectContaining({ name: 'SourceError', reason: 'absent' }),
    );
  });

  test('reads an attribute of a page', () => {
    const eno1 = device('eno1', 7);
    writeFileSync(join(sysfs, 'eno1/long'), 'x'.repeat(4096));
    expect(eno1.readNow('long')).toBe('x'.repeat(4096));
    eno1.close();
  });

  test('returns its descriptors when it is closed, and when a read fails', async () => {
    const descriptors = createDescriptorBudget(4);
    const first = device('eno1', 1, descriptors);
    await expect(first.read('queues')).rejects.toThrow('EISDIR');
    expect(first.readNow('tx_packets')).toBe('1\n');
    writeFileSync(join(sysfs, 'eno1/flags'), '0x1003\n');
    first.readNow('flags');
    expect(descriptors.take()).toBe(false);
    first.close();
    expect([descriptors.take(), descriptors.take(), descriptors.take()]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('closes files only after a read in flight has ended', async () => {
    const before = openFiles();
    const eno1 = device('eno1', 7);
    eno1.readNow('tx_packets');
    const reading = eno1.read('tx_packets');
    eno1.close();
    expect(openFiles()).toBe(before + 1);
    expect(await reading).toBe('7\n');
    expect(openFiles()).toBe(before);
  });
});
