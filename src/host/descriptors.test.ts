import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createAttributes } from './attributes.ts';
import { createDescriptorBudget, readDescriptorLimit } from './descriptors.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nicwatch-descriptors-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('createDescriptorBudget()', () => {
  test.each([
    { limit: 0, kept: 0 },
    { limit: 1, kept: 1 },
    { limit: 64, kept: 32 },
    { limit: 1024, kept: 512 },
    { limit: 1536, kept: 768 },
    { limit: 2048, kept: 1280 },
    { limit: 20_000, kept: 4096 },
    { limit: 1_048_576, kept: 4096 },
  ])('keeps $kept of $limit', ({ limit, kept }) => {
    const budget = createDescriptorBudget(limit);
    const taken = Array.from({ length: 5000 }, () => budget.take());
    expect(taken.filter(Boolean)).toHaveLength(kept);
  });

  test('reuses returned descriptors', () => {
    const budget = createDescriptorBudget(2);
    expect([budget.take(), budget.take()]).toEqual([true, false]);
    budget.giveBack();
    expect([budget.take(), budget.take()]).toEqual([true, false]);
  });

  test('keeps at most 512 files of 300 devices open at a limit of 1,024, and reads all', async () => {
    const names = ['flags', 'carrier_changes', 'tx_packets', 'rx_packets'];
    const descriptors = createDescriptorBudget(1024);
    const before = readdirSync('/proc/self/fd').length;
    const devices = Array.from({ length: 300 }, (_, index) => {
      const directory = join(folder, `eth${index}`);
      mkdirSync(directory);
      for (const name of names) {
        writeFileSync(join(directory, name), `${index}\n`);
      }
      return createAttributes({
        directory: () => Buffer.from(directory),
        descriptors,
        generation: () => undefined,
      });
    });
    for (let poll = 0; poll < 2; poll += 1) {
      for (const [index, attributes] of devices.entries()) {
        for (const name of names) {
          expect(attributes.readNow(name)).toBe(`${index}\n`);
          expect(await attributes.read(name)).toBe(`${index}\n`);
        }
      }
      expect(readdirSync('/proc/self/fd').length - before).toBe(512);
    }
    for (const attributes of devices) {
      attributes.close();
    }
    expect(readdirSync('/proc/self/fd')).toHaveLength(before);
  });
});

describe('readDescriptorLimit()', () => {
  const header = 'Limit                     Soft Limit           Hard Limit           Units     \n';

  test.each([
    [
      'the soft limit',
      `${header}Max processes             6949                 6949                 processes \nMax open files            1024                 524288               files     \n`,
      1024,
    ],
    [
      'a limit there is none of, for the usual one',
      `${header}Max open files            unlimited            unlimited            files     \n`,
      1024,
    ],
    ['nothing known, for the usual one', header, 1024],
    [
      'a large limit',
      `${header}Max open files            1048576              1048576              files     \n`,
      1_048_576,
    ],
  ])('takes %s', (_what, text, limit) => {
    writeFileSync(join(folder, 'limits'), text);
    expect(readDescriptorLimit(join(folder, 'limits'))).toBe(limit);
  });

  test('defaults to the usual limit if it cannot be read', () => {
    expect(readDescriptorLimit(join(folder, 'nothing'))).toBe(1024);
  });

  test('reads the limit of this process', () => {
    expect(readDescriptorLimit()).toBeGreaterThan(63);
  });
});
