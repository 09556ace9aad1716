import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import runbooks from '../runbooks.json' with { type: 'json' };
import { agentMetrics } from '../src/agent/agent-families.ts';
import { collectorDefinitions } from '../src/collectors/index.ts';
import { kernelEventNames } from '../src/model/kernel-event.ts';
import { probeMetrics } from '../src/probe/mesh-metrics.ts';
import { expressionNames } from './support/promql.ts';
import { startPrometheus } from './support/prometheus-process.ts';
import { testRules } from './support/promtool.ts';
import { commandProblem, skipNote } from './support/requirements.ts';
import { alertFiles, alertsFolder, readAlertFile, readRules } from './support/rules.ts';
import { listAt, valueAt } from './support/value-at.ts';

const rules = readRules();
const alerts = rules.filter(({ kind }) => kind === 'alert');
const generator = new URL('../scripts/rules.mjs', import.meta.url).pathname;
const manifests = new URL('../deploy/prometheus/', import.meta.url).pathname;
/** From Debian unstable; scripts/test.sh fetches it. */
const newer = new URL('../.cache/sid/usr/bin/', import.meta.url).pathname;

/** Labels of the metrics that are not nicwatch's own. */
const foreignMetrics: Readonly<Record<string, readonly string[]>> = {
  up: [],
  kube_pod_info: ['namespace', 'pod', 'uid', 'node', 'pod_ip', 'host_network'],
  kube_pod_start_time: ['namespace', 'pod', 'uid'],
  kube_node_spec_unschedulable: ['node'],
  grpc_client_handled_total: [
    'namespace',
    'pod',
    'peer_ip',
    'source_node',
    'dest_node',
    'grpc_code',
  ],
  response_total: ['namespace', 'pod', 'direction', 'dst_namespace', 'dst_pod', 'classification'],
  rpc_client_call_duration_seconds_count: [
    'k8s_node_name',
    'server_address',
    'rpc_response_status_code',
  ],
};
const scrapeLabels = ['cluster', 'job', 'instance', 'node'];
/** Metrics and what labels they have. */
const known = new Map<string, readonly string[]>([
  ...[
    ...collectorDefinitions.flatMap(({ metrics }) => metrics),
    ...agentMetrics,
    ...probeMetrics,
  ].map(({ name, labels }) => [name, labels] as const),
  ...Object.entries(foreignMetrics),
]);
const knownLabels = new Set([
  ...[...known.values()].flat(),
  ...scrapeLabels,
  ...rules.flatMap(({ labels }) => Object.keys(labels)),
  ...rules.flatMap(({ expression }) =>
    [...expression.matchAll(/, "(\w+)", "[^"]*", "\w*", "[^"]*"\)/g)].map(
      ([, label = '']) => label,
    ),
  ),
]);
/** Names of recording rules; they have labels of what they are made of. */
const recorded = new Set(
  rules.filter(({ kind, name }) => kind === 'record' && !known.has(name)).map(({ name }) => name),
);

describe('every rule', () => {
  test.each(rules.map((rule) => [rule.name, rule] as const))(
    '%s names only metrics and labels there are',
    (_, { expression, annotations, labels: ownLabels }) => {
      const { selectors, labels } = expressionNames(expression);
      expect(selectors).not.toEqual([]);
      for (const { metric, labels: selected } of selectors) {
        expect([...known.keys(), ...recorded]).toContain(metric);
        const has = recorded.has(metric) ? knownLabels : new Set(known.get(metric));
        expect(
          selected.filter((label) => !has.has(label) && !scrapeLabels.includes(label)),
        ).toEqual([]);
      }
      const templated = [
        ...JSON.stringify([annotations, ownLabels]).matchAll(/\$labels\.(\w+)/g),
      ].map(([, label = '']) => label);
      expect([...labels, ...templated].filter((label) => !knownLabels.has(label))).toEqual([]);
    },
  );

  test('that selects kernel events names only existing classes', () => {
    const named = rules.flatMap(({ expression }) =>
      [...expression.matchAll(/event=~?"([^"]+)"/g)].flatMap(([, names = '']) => names.split('|')),
    );
    expect(new Set(named)).toEqual(new Set(kernelEventNames));
  });
});

describe('every alert', () => {
  test.each(alerts.map((alert) => [alert.name, alert] as const))(
    '%s says what, how grave and what to do',
    (name, { labels, annotations }) => {
      expect(labels['severity']).toMatch(/^(?:critical|warning|info)$/);
      expect(Object.keys(annotations).toSorted()).toEqual([
        'description',
        'runbook_url',
        'summary',
      ]);
      expect(annotations['summary']).toMatch(/\.$/);
      expect(annotations['description']).toMatch(/\.$/);
      expect(annotations['runbook_url']).toBe(`${runbooks.address}/${name}.md`);
      // A bare number says nothing to people.
      expect(annotations['description']).not.toMatch(/\{\{ \$value \}\}/);
    },
  );

  test.each(alerts.map(({ name }) => [name]))(
    '%s has a case that fires it and one that does not',
    (name) => {
      const cases = alertFiles('.test.yaml')
        .flatMap((file) => listAt(parse(readAlertFile(file)), 'tests'))
        .flatMap((group) => listAt(group, 'alert_rule_test'))
        .filter((entry) => valueAt(entry, 'alertname') === name)
        .map((entry) => listAt(entry, 'exp_alerts').length);
      expect(cases).toContain(0);
      expect(Math.max(...cases)).toBeGreaterThan(0);
    },
  );

  test('CrossNodeGRPCFailures is the well-known rule, per cluster', () => {
    const rule = alerts.find(({ name }) => name === 'CrossNodeGRPCFailures');
    expect(rule?.expression.trim()).toBe(
      `(sum by (cluster, source_node, dest_node) (rate(grpc_client_handled_total{grpc_code!="OK"}[5m]))
 / sum by (cluster, source_node, dest_node) (rate(grpc_client_handled_total[5m]))) > 0.01`,
    );
  });
});

const newerProblem = existsSync(`${newer}promtool`)
  ? undefined
  : 'needs Prometheus 3, which scripts/test.sh fetches';
const installed = { promtool: 'promtool', problem: commandProblem('promtool') };
const version3 = { promtool: `${newer}promtool`, problem: newerProblem };

describe.each([
  ['as installed', installed],
  ['3', version3],
] as const)('promtool %s', (_, { promtool, problem }) => {
  test.skipIf(problem !== undefined)(
    `has nothing to say of the rules${skipNote(problem)}`,
    async () => {
      const files = alertFiles('.rules.yaml');
      const { stdout, stderr } = await execa(
        promtool,
        ['check', 'rules', '--lint=all', '--lint-fatal', ...files],
        { cwd: alertsFolder },
      );
      expect(stderr).toBe('');
      expect(stdout.match(/SUCCESS/g)).toHaveLength(files.length);
    },
  );
});

// Once, as it takes long; the tests of a healthy fleet and of real alerts evaluate the rules as installed.
const { promtool, problem } = newerProblem === undefined ? version3 : installed;

test.skipIf(problem !== undefined).each(alertFiles('.test.yaml'))(
  `the rules do what %s says${skipNote(problem)}`,
  async (file) => {
    const { stdout, exitCode, stderr } = await testRules(file, {
      directory: alertsFolder,
      command: promtool,
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('SUCCESS');
  },
);

test.skipIf(newerProblem !== undefined)(
  `Prometheus 3 loads the rules without a warning${skipNote(newerProblem)}`,
  async () => {
    const files = alertFiles('.rules.yaml');
    const prometheus = await startPrometheus({
      command: `${newer}prometheus`,
      files: Object.fromEntries(files.map((file) => [file, readAlertFile(file)])),
      configuration: `rule_files: [${files.join(', ')}]\n`,
    });
    const log = prometheus.log();
    await prometheus.stop();
    expect(log).toContain('Completed loading of configuration file');
    expect(log.split('\n').filter((line) => /level=(?:WARN|ERROR)/i.test(line))).toEqual([]);
  },
);

describe('npm run rules', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nicwatch-rules-'));
  const generate = async (...argv: readonly string[]) =>
    execa(process.execPath, [generator, `--output=${folder}`, ...argv], { reject: false });

  test('has written the address of the runbooks and the PrometheusRule manifests', async () => {
    await generate();
    const files = readdirSync(folder).filter((file) => file.endsWith('.prometheusrule.yaml'));
    expect(files).toHaveLength(alertFiles('.rules.yaml').length);
    for (const file of files) {
      const manifest = readFileSync(join(folder, file), 'utf8');
      expect(readFileSync(join(manifests, file), 'utf8'), 'npm run rules').toBe(manifest);
      const rulesFile = file.replace('.prometheusrule.yaml', '.rules.yaml');
      expect(readFileSync(join(folder, rulesFile), 'utf8'), 'npm run rules').toBe(
        readAlertFile(rulesFile),
      );
      expect(valueAt(parse(manifest), 'spec')).toEqual(parse(readAlertFile(rulesFile)));
    }
    expect(readdirSync(manifests).filter((file) => file.endsWith('.prometheusrule.yaml'))).toEqual(
      files,
    );
  });

  test('sets the URL of the runbooks in all of them', async () => {
    expect(await generate('--runbooks=https://wiki.example.org/nic/')).toMatchObject({
      exitCode: 0,
    });
    for (const file of readdirSync(folder)) {
      expect(readFileSync(join(folder, file), 'utf8')).not.toContain(runbooks.address);
    }
    expect(readFileSync(join(folder, 'nicwatch.rules.yaml'), 'utf8')).toContain(
      'runbook_url: https://wiki.example.org/nic/NICWatchDown.md',
    );
    rmSync(folder, { recursive: true });
  });

  test.each([
    ['an address that is none', '--runbooks=wiki', '"wiki"'],
    ['an unknown option', '--nope', '--nope'],
  ])('refuses %s', async (_, option, named) => {
    const { exitCode, stderr } = await generate(option);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(named);
  });
});
