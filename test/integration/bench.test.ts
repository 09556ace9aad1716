import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { namespaceProblem, skipNote } from '../support/requirements.ts';

const problem = namespaceProblem('prometheus-node-exporter');
const loadProblem = namespaceProblem();
const bench = new URL('../../bench/run.mjs', import.meta.url).pathname;

describe.skipIf(problem !== undefined)(`npm run bench${skipNote(problem)}`, () => {
  let directory: string;
  let report: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'nicwatch-bench-'));
    const json = join(directory, 'bench.json');
    const argv = ['compare', '--quick', `--json=${json}`];
    report = (await execa(process.execPath, [bench, ...argv], { timeout: 60_000 })).stdout;
  });

  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  test.each(['nicwatch', 'node_exporter'])('measures what scrapes of %s cost', (exporter) => {
    for (const pattern of ['fresh', 'burst']) {
      const [devices, , , ...measured] = rowOf(`10 ${pattern} ${exporter}`);
      expect(devices).toBe('10');
      expect(measured).toHaveLength(5);
      // Only nicwatch tells how old its values are.
      const numbers = exporter === 'nicwatch' ? measured : measured.slice(0, -1);
      expect(numbers.map(Number)).toSatisfy(arePositive);
    }
  });

  test.each(['nicwatch', 'node_exporter'])('measures the process of %s', (exporter) => {
    const [, , reader, resident, start, idle, ...size] = rowOf(`10 ${exporter}`);
    expect(reader).toMatch(exporter === 'nicwatch' ? /^(?:ioctl|command)$/ : /^-$/);
    expect([resident, start, ...size].map(Number)).toSatisfy(arePositive);
    expect(size).toHaveLength(3);
    expect(Number(idle)).toBeGreaterThanOrEqual(0);
  });

  test('compares the two', () => {
    expect(report).toMatch(/^ +ratio( +\d[\d.]*){3}$/m);
  });

  test('writes the same as JSON', () => {
    const written: unknown = JSON.parse(readFileSync(join(directory, 'bench.json'), 'utf8'));
    expect(written).toMatchObject({
      kernel: expect.any(String),
      measurements: ['nicwatch', 'node_exporter'].map((exporter) => ({
        exporter,
        devices: 10,
        costs: [
          { exporter, pattern: 'fresh' },
          { exporter, pattern: 'burst' },
        ],
      })),
    });
  });

  /** Cells of the row that begins with these. */
  function rowOf(beginning: string): readonly string[] {
    const rows = report.split('\n').map((line) => line.trim().split(/\s+/));
    return rows.find((row) => `${row.join(' ')} `.startsWith(`${beginning} `)) ?? [];
  }
});

describe.skipIf(loadProblem !== undefined)(`npm run bench -- load${skipNote(loadProblem)}`, () => {
  test('answers every scrape up to the limit, 503 above it, and scrapes beside slow clients', async () => {
    // Too short to judge memory by, for which it may fail.
    const { stdout, stderr } = await execa(
      process.execPath,
      [bench, 'load', '--seconds=3', '--scrapers=80', '--slow=600'],
      { timeout: 60_000, reject: false },
    );
    expect(stderr).not.toMatch(/expected/);
    expect(stdout).toMatch(/^80 scrapers, as many allowed: \d+ x 200$/m);
    expect(stdout).toMatch(/^80 scrapers, 40 allowed: \d+ x 200, \d+ x 503$/m);
    expect(stdout).toMatch(/^1 scraper, 600 connections slow with their headers: \d+ x 200$/m);
  });
});

function arePositive(numbers: readonly number[]): boolean {
  return numbers.length > 0 && numbers.every((number) => number > 0 && number < Infinity);
}
