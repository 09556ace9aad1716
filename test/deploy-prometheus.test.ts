import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';

import { commandProblem, skipNote } from './support/requirements.ts';
import { alertFiles, alertsFolder, readAlertFile, readRules } from './support/rules.ts';
import { listAt, stringsAt, valueAt } from './support/value-at.ts';

const deployed = new URL('../deploy/prometheus/', import.meta.url).pathname;
/** Debian's stable Prometheus is built without Kubernetes; scripts/test.sh fetches one that has it. */
const newer = new URL('../.cache/sid/usr/bin/promtool', import.meta.url).pathname;
const newerProblem = existsSync(newer)
  ? undefined
  : 'needs Prometheus 3, which scripts/test.sh fetches';
const promtoolProblem = commandProblem('promtool');
const amtoolProblem = commandProblem('amtool');

describe('the scrape configuration', () => {
  /** Laid out as the configurations expect it. */
  const folder = mkdtempSync(join(tmpdir(), 'nicwatch-deploy-'));

  beforeAll(() => {
    for (const name of ['static', 'file-sd', 'kubernetes']) {
      cpSync(`${deployed}${name}.yaml`, join(folder, `${name}.yaml`));
    }
    for (const subfolder of ['rules', 'targets']) {
      mkdirSync(join(folder, subfolder));
    }
    for (const file of alertFiles('.rules.yaml')) {
      writeFileSync(join(folder, 'rules', file), readAlertFile(file));
    }
    cpSync(`${deployed}file-sd.targets.yaml`, join(folder, 'targets/nicwatch.yaml'));
    // What Prometheus would be told of the pods of two nodes, and of one that is over.
    const kubernetes: unknown = parse(readFileSync(`${deployed}kubernetes.yaml`, 'utf8'));
    const [scrape] = listAt(kubernetes, 'scrape_configs');
    writeFileSync(
      join(folder, 'kubernetes-pods.yaml'),
      stringify({
        scrape_configs: [
          {
            job_name: 'nicwatch',
            relabel_configs: valueAt(scrape, 'relabel_configs'),
            static_configs: [
              pod('192.0.2.1:10140', 'node-a.example', 'Running'),
              pod('192.0.2.2:10140', 'node-b.example', 'Running'),
              pod('192.0.2.2:8080', 'node-b.example', 'Running'),
              pod('192.0.2.3:10140', 'node-c.example', 'Failed'),
            ],
          },
        ],
      }),
    );
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test.skipIf(promtoolProblem !== undefined).each(['static', 'file-sd'])(
    `%s is one${skipNote(promtoolProblem)}`,
    async (name) => {
      expect(await checkConfiguration('promtool', name)).toContain(`${name}.yaml is valid`);
    },
  );

  test.skipIf(newerProblem !== undefined)(
    `kubernetes is one${skipNote(newerProblem)}`,
    async () => {
      expect(await checkConfiguration(newer, 'kubernetes')).toContain('kubernetes.yaml is valid');
    },
  );

  test.skipIf(promtoolProblem !== undefined).each(['static', 'file-sd', 'kubernetes-pods'])(
    `%s names each target by its node${skipNote(promtoolProblem)}`,
    async (name) => {
      const { stdout } = await execa(
        'promtool',
        ['check', 'service-discovery', '--timeout=1s', `${name}.yaml`, 'nicwatch'],
        { cwd: folder },
      );
      const targets: unknown = JSON.parse(stdout);
      const labels = listAt(targets)
        .map((target) => stringsAt(target, 'labels'))
        .filter((target) => Object.keys(target).length > 0);
      // In any order.
      expect(labels).toHaveLength(2);
      expect(labels).toEqual(
        expect.arrayContaining(
          ['node-a.example', 'node-b.example'].map((node) =>
            expect.objectContaining({ job: 'nicwatch', instance: node, node }),
          ),
        ),
      );
    },
  );

  async function checkConfiguration(promtool: string, name: string): Promise<string> {
    return (await execa(promtool, ['check', 'config', `${name}.yaml`], { cwd: folder })).stdout;
  }
});

describe.skipIf(amtoolProblem !== undefined)(
  `the Alertmanager example${skipNote(amtoolProblem)}`,
  () => {
    const configuration = `${alertsFolder}alertmanager.example.yaml`;
    test('is one', async () => {
      const { stdout } = await execa('amtool', ['check-config', configuration]);
      expect(stdout).toContain('SUCCESS');
      expect(stdout).toContain('14 inhibit rules');
    });

    test.each([
      ...readRules()
        .filter(({ kind }) => kind === 'alert')
        .map(
          ({ name, labels: { severity = '' } }) =>
            [
              name,
              ['source_node=node-a', `severity=${severity}`],
              severity === 'critical' || name === 'NICChecksumErrors' ? 'pager' : 'tickets',
            ] as const,
        ),
      ['CrossNodeGRPCFailures', ['severity=warning'], 'nobody'] as const,
    ])('sends %s with %s to %s', async (name, labels, receiver) => {
      const { exitCode, stdout } = await execa(
        'amtool',
        [
          'config',
          'routes',
          'test',
          `--config.file=${configuration}`,
          `--verify.receivers=${receiver}`,
          `alertname=${name}`,
          ...labels,
        ],
        { reject: false },
      );
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: receiver });
    });

    test('pages for the alerts of the runbooks only', async () => {
      const index = readFileSync(new URL('../docs/runbooks/README.md', import.meta.url), 'utf8');
      const rows = [...index.matchAll(/^\| \[(\w+)\]\(\w+\.md\) +\| (\w+) +\| (yes)? +\|$/gm)];
      const alerts = readRules().filter(({ kind }) => kind === 'alert');
      expect(
        rows.map(([, name, severity, pages]) => [name, severity, pages !== undefined]),
      ).toEqual(
        expect.arrayContaining(
          alerts.map(({ name, labels: { severity } }) => [
            name,
            severity,
            severity === 'critical' || name === 'NICChecksumErrors',
          ]),
        ),
      );
    });

    test('pages within a minute, also for a node that already pages', () => {
      const example: unknown = parse(readAlertFile('alertmanager.example.yaml'));
      const pages = listAt(example, 'route', 'routes').filter(
        (route) => valueAt(route, 'receiver') === 'pager',
      );
      expect(pages).toHaveLength(2);
      for (const route of pages) {
        const waits = ['group_wait', 'group_interval'].map((wait) =>
          Number.parseInt(String(valueAt(route, wait)), 10),
        );
        // A scrape and an evaluation come before it, each every fifteen seconds.
        expect(15 + 15 + Math.max(...waits)).toBeLessThan(60);
      }
    });

    test('groups by node, and inhibits only by labels its source always has', () => {
      const example: unknown = parse(readAlertFile('alertmanager.example.yaml'));
      expect(valueAt(example, 'route', 'group_by')).toEqual(['cluster', 'node']);
      const rules = listAt(example, 'inhibit_rules');
      expect(rules).toHaveLength(14);
      // Who is named as the sender explains what all others of its cluster receive.
      const ofAllVictims = rules.filter(
        (rule) =>
          listAt(rule, 'target_matchers').join().includes('NICStackChecksumErrors') &&
          /CrossNode|NICCorruptingSender/.test(listAt(rule, 'source_matchers').join()),
      );
      expect(ofAllVictims.map((rule) => listAt(rule, 'equal'))).toEqual([['cluster'], ['cluster']]);
      for (const rule of rules.filter((other) => !ofAllVictims.includes(other))) {
        expect(listAt(rule, 'equal')).toEqual(
          expect.arrayContaining([
            'cluster',
            expect.stringMatching(/^(?:instance|node|source_node|dest_node)$/),
          ]),
        );
      }
    });
  },
);

/** A static target with the labels Prometheus would find a pod by. */
function pod(address: string, node: string, phase: string): unknown {
  return {
    targets: [address],
    labels: {
      __meta_kubernetes_pod_node_name: node,
      __meta_kubernetes_pod_phase: phase,
      __meta_kubernetes_pod_container_port_number: address.replace(/^.*:/, ''),
    },
  };
}
