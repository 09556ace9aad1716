import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { spawnGuarded } from './spawn-guarded.ts';

const source = fileURLToPath(new URL('../../test/support/exhaust-descriptors.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'nicwatch-descriptors-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const refused = {
  reason: 'failed',
  message: "echo: cannot be started: Error: EMFILE: too many open files, open '/dev/null'",
};

describe('spawnGuarded()', () => {
  test('returns the process, and throws errors of the start', () => {
    const failure = new Error('no');
    expect(spawnGuarded(() => 'started')).toBe('started');
    expect(() =>
      spawnGuarded(() => {
        throw failure;
      }),
    ).toThrow(failure);
  });
});

describe('a command for which there are no descriptors', () => {
  let attempts: readonly unknown[] = [];
  let said: unknown;

  beforeAll(async () => {
    const program = join(folder, 'exhaust-descriptors.cjs');
    await build({
      entryPoints: [source],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'error',
    });
    // An uncaught error would end it.
    const { stdout, stderr } = await execa(
      'sh',
      ['-c', 'ulimit -n 64; exec "$@"', 'sh', process.execPath, program],
      { lines: true },
    );
    said = stderr;
    attempts = stdout.map((line) => JSON.parse(line));
  });

  test('fails alone, and runs when descriptors are free again', () => {
    expect(said).toEqual([]);
    expect(attempts.slice(0, 2)).toEqual([
      { left: 'none', before: 0, outcomes: [refused, refused], after: expect.any(Number) },
      {
        left: 'all',
        before: expect.any(Number),
        outcomes: ['ran', 'ran'],
        after: expect.any(Number),
      },
    ]);
  });

  test('runs or fails with any number of descriptors, and leaks none', () => {
    expect(attempts.slice(2, -3)).toEqual(
      Array.from({ length: 16 }, (_, count) => ({
        left: 'some',
        before: count,
        outcomes: count < 8 ? [refused, refused] : ['ran', 'ran'],
        after: count,
      })),
    );
  });

  test('fails alone if descriptors run out during the start', () => {
    expect(attempts.slice(-3)).toEqual([
      { left: 'none, all of a sudden', outcomes: [refused] },
      { left: 'none, all of a sudden', outcomes: [refused] },
      {
        left: 'all',
        before: expect.any(Number),
        outcomes: ['ran', 'ran'],
        after: expect.any(Number),
      },
    ]);
  });
});
