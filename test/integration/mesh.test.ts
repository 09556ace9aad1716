import { setTimeout } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { parseExposition } from '../support/exposition.ts';
import { fetchFrom } from '../support/fetch.ts';
import { createProbeLab } from '../support/probe-lab.ts';
import type { LabProcess, ProbeLab } from '../support/probe-lab.ts';
import { checkMetrics } from '../support/promtool.ts';
import { namespaceProblem, skipNote } from '../support/requirements.ts';

const problem = namespaceProblem('ethtool', 'perl', 'promtool');
const nodes = [0, 1, 2, 3];
/** A slot takes little more than a second. */
const flags = ['--rate=6000', '--path=pod'];

describe.skipIf(problem !== undefined)(`nicwatch probe mesh${skipNote(problem)}`, () => {
  let lab: ProbeLab;
  const meshes = new Map<number, LabProcess>();

  beforeAll(async () => {
    lab = await createProbeLab(nodes.length);
    await Promise.all(
      nodes.map(async (node) => {
        meshes.set(node, await lab.mesh(node, flags));
      }),
    );
  });
  afterAll(async () => {
    await lab?.delete();
  });

  async function text(node: number): Promise<string> {
    const namespace = lab.nodes[node]?.namespace.name;
    return (await fetchFrom(namespace, 'http://127.0.0.1:10142/metrics')).text;
  }

  /** Wrong checksums in what each node sends, and in what is sent to it. */
  async function checksumErrors() {
    return Promise.all(
      nodes.map(async (node) => {
        const samples = parseExposition(await text(node)).samples(
          'nic_probe_peer_checksum_errors_total',
        );
        const sumOf = (end: string): number =>
          samples
            .filter(({ labels }) => labels.get(end) === '')
            .reduce((sum, { value }) => sum + value, 0);
        return { sent: sumOf('dest_node'), received: sumOf('source_node') };
      }),
    );
  }

  test('measures all peers, and exports what promtool accepts', async () => {
    await expect
      .poll(
        async () => {
          const { value } = parseExposition(await text(0));
          return value('nic_probe_results_total', {
            source_node: 'node-1',
            dest_node: '',
            size: '262144',
            result: 'ok',
          });
        },
        { timeout: 20_000, interval: 500 },
      )
      .toBeGreaterThanOrEqual(3);
    expect(await checkMetrics(await text(0))).toEqual({ exitCode: 0, complaints: [] });
    const { value } = parseExposition(await text(0));
    const row = { source_node: 'node-1', dest_node: '', size: '262144' };
    expect(value('nic_probe_sent_segments_total', row)).toBeGreaterThan(500);
    expect(value('nic_probe_peer_checksum_errors_total', row)).toBe(0);
  });

  test('accuses nobody of a peer that is killed and comes back', async () => {
    await meshes.get(2)?.end('SIGKILL');
    await setTimeout(3000);
    meshes.set(2, await lab.mesh(2, flags));
    expect(await checksumErrors()).toEqual(nodes.map(() => ({ sent: 0, received: 0 })));
    for (const node of [0, 1, 3]) {
      const results = parseExposition(await text(node)).samples('nic_probe_results_total');
      const accused = results.filter(({ labels }) =>
        ['unreachable', 'corrupt'].includes(labels.get('result') ?? ''),
      );
      expect(accused.length).toBeGreaterThan(0);
      expect(accused.filter(({ value }) => value > 0)).toEqual([]);
    }
  });

  test('finds wrong checksums in what a node sends that corrupts it, and nowhere else', async () => {
    await lab.setFault(1, { corrupt: 5 });
    await expect
      .poll(async () => (await checksumErrors())[1]?.sent, { timeout: 30_000, interval: 500 })
      .toBeGreaterThan(0);
    const [first, guilty, ...others] = await checksumErrors();
    expect([first?.sent, guilty?.received, ...others.map(({ sent }) => sent)]).toEqual([
      0, 0, 0, 0,
    ]);
  });

  test('ends within the time it answers its peers', async () => {
    const before = performance.now();
    await meshes.get(0)?.end('SIGTERM');
    expect(performance.now() - before).toBeLessThan(9000);
    expect(meshes.get(0)?.stderr()).toContain('msg=ending');
    expect(meshes.get(0)?.stderr()).not.toMatch(/level=(?:warn|error)/);
  });
});
