import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
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
    // Tells that it was what started the agent, and becomes it.
    const node = join(directory, 'node');
    const script = `#!/bin/sh\n: >'${directory}/started'\nexec '${process.execPath}' "$@"\n`;
    writeFileSync(node, script, { mode: 0o755 });
    const argv = ['compare', '--quick', '--idle-seconds=1', `--json=${json}`, `--node=${node}`];
    report = (await execa(process.execPath, [bench, ...argv], { timeout: 110_000 })).stdout;
  });

  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  test('prints what is measured, and on which machine', () => {
    const [, head, machine, ...notes] = report.split('\n').filter(Boolean);
    expect(head).toMatch(/^nicwatch \d\S* on Node\.js v\S+, node_exporter \d/);
    expect(head).toContain(` on Node.js ${process.version},`);
    expect(machine).toContain(release());
    expect(notes.find((line) => line.startsWith('A rehearsal'))).toBeDefined();
  });

  test('runs the agent under the Node.js of --node', () => {
    expect(existsSync(join(directory, 'started'))).toBe(true);
  });

  test.each(['nicwatch', 'node_exporter'])(
    'measures what %s costs a typical node, first of all',
    (exporter) => {
      const measured = rowOf(`4 ${exporter}`).slice(2);
      expect(measured).toHaveLength(4);
      expect(measured.map(Number)).toSatisfy(arePositive);
      expect(/^A typical node|^Kernel record|^Scrapes/m.exec(report)?.[0]).toBe('A typical node');
    },
  );

  test('measures the latency of a kernel record to /metrics, and an idle agent', () => {
    const [, ...latencies] =
      /^Kernel record to \/metrics: median (\S+) ms, max (\S+) ms, of 2 records\.$/m.exec(report) ??
      [];
    expect(latencies).toHaveLength(2);
    expect(latencies.map(Number)).toSatisfy(arePositive);
    expect(report).toMatch(
      /^Idle for 1 s, .*: \d+ voluntary context switches, [\d.]+ ms of CPU, \d+ records\.$/m,
    );
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
    const [, , reader, resident, start, ...size] = rowOf(`10 ${exporter}`);
    expect(reader).toMatch(exporter === 'nicwatch' ? /^(?:ioctl|command)$/ : /^-$/);
    expect([resident, start, ...size].map(Number)).toSatisfy(arePositive);
    expect(size).toHaveLength(3);
  });

  test('compares the two', () => {
    expect(report).toMatch(/^ +ratio( +\d[\d.]*){3}$/m);
  });

  test.each([
    ['4 devices: CPU-seconds per hour, ratio to node_exporter', 1, 0.5],
    ['4 devices: voluntary context switches per 15 s', 40, undefined],
    ['kernel record to /metrics, median, ms', 100, undefined],
    ['series per device', 60, undefined],
    ['reads without an answer', 0, undefined],
  ])('compares with the budget of %s', (what, limit, stretch) => {
    const line = report.split('\n').find((each) => each.startsWith(`${what} `)) ?? '';
    const [measured = '', ...rest] = line.slice(what.length).trim().split(/ {2,}/);
    expect(measured).toMatch(/^\d[\d.]*$/);
    const verdict = Number(measured) > limit ? 'NOT MET' : 'met';
    const isStretchMet = stretch !== undefined && Number(measured) <= stretch;
    expect(rest).toEqual(
      [limit, stretch, isStretchMet ? 'met, stretch met' : verdict]
        .filter((cell) => cell !== undefined)
        .map(String),
    );
  });

  test('writes the same as JSON', () => {
    const written: unknown = JSON.parse(readFileSync(join(directory, 'bench.json'), 'utf8'));
    expect(written).toMatchObject({
      kernel: expect.any(String),
      measurements: [
        ...['nicwatch', 'node_exporter', 'node_exporter, default collectors'].map((exporter) => ({
          exporter,
          devices: 4,
          costs: [{ exporter, pattern: 'typical' }],
        })),
        ...['nicwatch', 'node_exporter'].map((exporter) => ({
          exporter,
          devices: 10,
          costs: [
            { exporter, pattern: 'fresh' },
            { exporter, pattern: 'burst' },
          ],
        })),
      ],
      kernelLog: { records: 2, idle: { seconds: 1 } },
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
      { timeout: 110_000, reject: false },
    );
    expect(stderr).not.toMatch(/expected/);
    expect(stdout).toMatch(/^80 scrapers, as many allowed: \d+ x 200$/m);
    expect(stdout).toMatch(/^80 scrapers, 40 allowed: \d+ x 200, \d+ x 503$/m);
    expect(stdout).toMatch(/^1 scraper, 600 connections slow with their headers: \d+ x 200$/m);
  }, 120_000);
});

function arePositive(numbers: readonly number[]): boolean {
  return numbers.length > 0 && numbers.every((number) => number > 0 && number < Infinity);
}
