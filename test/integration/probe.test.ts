import { readFileSync } from 'node:fs';
import process from 'node:process';

import { Ajv } from 'ajv';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import type { ProbeResponse } from '../../src/model/probe-report.ts';
import { createProbeLab } from '../support/probe-lab.ts';
import type { LabProcess, ProbeLab } from '../support/probe-lab.ts';
import { namespaceProblem, skipNote } from '../support/requirements.ts';

const problem = namespaceProblem('perl', 'ethtool');
/** As many runs as the promise is about, with `npm run soak:probe`; else one of each. */
const isSoak = process.env['NICWATCH_PROBE_SOAK'] !== undefined;
const runs = (count: number): readonly number[] =>
  Array.from({ length: isSoak ? count : 1 }, (_, index) => index + 1);
const isProbeResponse = new Ajv().compile<ProbeResponse>(
  JSON.parse(readFileSync(new URL('../../docs/probe.schema.json', import.meta.url), 'utf8')),
);

describe.skipIf(problem !== undefined)(
  `nicwatch probe between nodes over VXLAN${skipNote(problem)}`,
  { timeout: 90_000 },
  () => {
    let lab: ProbeLab;
    let responders: readonly LabProcess[];

    beforeAll(async () => {
      lab = await createProbeLab(3);
      responders = await Promise.all([0, 1, 2].map(async (node) => lab.serve(node)));
    });

    afterAll(async () => {
      await lab?.delete();
    });

    test.each(runs(50))('passes over a clean path (run %d)', async (run) => {
      const { exitCode, verdicts } = await probe(run % 3, [(run + 1) % 3]);
      expect(verdicts).toEqual([`node-${((run + 1) % 3) + 1} pass`]);
      expect(exitCode).toBe(0);
    });

    describe('with a node that corrupts 1 % of its large packets', () => {
      beforeAll(async () => {
        await lab.setFault(0, { corrupt: 1 });
      });

      test.each(runs(20))('accuses its transmit offload, from there (run %d)', async () => {
        const { exitCode, verdicts } = await probe(0, isSoak ? [1, 2] : [1]);
        expect(verdicts).toEqual(
          ['node-2', 'node-3']
            .slice(0, verdicts.length)
            .map((name) => `${name} fail: to corruption by transmit of this`),
        );
        expect(exitCode).toBe(1);
      });

      test.each(runs(20))('accuses its transmit offload, from another node (run %d)', async () => {
        const { exitCode, verdicts } = await probe(1, [0, 2]);
        expect(verdicts).toEqual([
          'node-1 fail: from corruption by transmit of peer',
          'node-3 pass',
        ]);
        expect(exitCode).toBe(1);
      });

      test('proves what helps, once the user has done it', async () => {
        const probing = execa(
          ...lab.probeCommand(0, [1], ['--prove=tx-udp_tnl-csum-segmentation']),
          {
            reject: false,
          },
        );
        let asked = '';
        for await (const chunk of probing.stderr) {
          asked += String(chunk);
          if (asked.includes('tx-udp_tnl-csum-segmentation on\n')) {
            break;
          }
        }
        expect(asked).toContain('    ethtool -K DEVICE tx-udp_tnl-csum-segmentation off\n');
        await lab.setFault(0, undefined);
        probing.stdin.write('\n');
        const { exitCode, stdout } = await probing;
        expect(stdout).toMatch(/before +after/);
        expect(stdout).toContain('Proved: without tx-udp_tnl-csum-segmentation');
        expect(exitCode).toBe(0);
      });
    });

    test.each(runs(50))('calls loss what is no corruption (run %d)', async (run) => {
      if (run === 1) {
        await lab.setFault(0, { lose: 1 });
      }
      const { exitCode, verdicts } = await probe(0, [1]);
      expect(verdicts).toEqual(['node-2 fail: to loss']);
      expect(exitCode).toBe(1);
    });

    test('could not test a peer that is killed in the middle', async () => {
      await lab.setFault(0, undefined);
      const before = await receivedBytes(2);
      const probing = execa(...lab.probeCommand(1, [2], ['--format=json', '--duration=60s']), {
        reject: false,
        stdin: 'ignore',
      });
      // Datagrams have less.
      await vi.waitFor(
        async () => {
          expect((await receivedBytes(2)) - before).toBeGreaterThan(8_000_000);
        },
        { timeout: 30_000, interval: 100 },
      );
      await responders[2]?.end('SIGKILL');
      const { exitCode, stdout } = await probing;
      expect(verdictsOf(stdout)).toEqual(['node-3 untested']);
      expect(exitCode).toBe(2);
    });

    async function receivedBytes(node: number): Promise<number> {
      const file = '/sys/class/net/vxlan0/statistics/rx_bytes';
      return Number(await lab.nodes[node]?.namespace.run('cat', [file]));
    }

    async function probe(
      node: number,
      peers: readonly number[],
    ): Promise<{ readonly exitCode: number | undefined; readonly verdicts: readonly string[] }> {
      const { exitCode, stdout } = await execa(
        ...lab.probeCommand(node, peers, ['--format=json']),
        {
          reject: false,
          stdin: 'ignore',
        },
      );
      return { exitCode, verdicts: verdictsOf(stdout) };
    }
  },
);

/** One line for each peer: its name, its result, and what was found. */
function verdictsOf(output: string): readonly string[] {
  const response: unknown = JSON.parse(output);
  if (!isProbeResponse(response)) {
    throw new Error(JSON.stringify(isProbeResponse.errors));
  }
  return response.data.peers.map(({ name, result, findings }) => {
    const found = findings.map(
      ({ direction, fault, suspect }) =>
        `: ${direction} ${fault}${suspect === undefined ? '' : ` by ${suspect.side} of ${suspect.node}`}`,
    );
    return `${name} ${result}${found.join('')}`;
  });
}
