import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

import { readmeWithValues } from '../scripts/chart-values.mjs';
import { collectorDefinitions } from '../src/collectors/index.ts';
import { parseArguments } from '../src/config/arguments.ts';
import { parseMeshArguments } from '../src/config/mesh-arguments.ts';
import { podSpec, render } from './support/kustomize.ts';
import type { Manifest } from './support/kustomize.ts';
import { schemaProblem, unknownFields } from './support/manifest-schemas.ts';
import { commandProblem, skipNote } from './support/requirements.ts';

const problem = commandProblem('helm', 'kustomize');
const root = fileURLToPath(new URL('..', import.meta.url));
const chart = `${root}/deploy/helm/nicwatch`;

/** What people set, by what they want. */
const valueSets = {
  defaults: {},
  'the kustomization base': { affinity: null, networkPolicy: { enabled: true }, hostConfig: true },
  'the journal': { kernelLog: 'journal', image: { registry: 'registry.example', tag: '1.2.3' } },
  'no kernel log, no privilege': { kernelLog: 'none', state: { hostPath: '' } },
  'all of monitoring': {
    podMonitor: { enabled: true, labels: { release: 'prometheus' } },
    serviceMonitor: { enabled: true, scheme: 'https', tlsConfig: { insecureSkipVerify: true } },
    prometheusRule: {
      enabled: true,
      runbookBaseUrl: 'https://runbooks.example/nicwatch',
      crossNode: ['grpc', 'kubernetes'],
    },
    dashboards: { enabled: true, annotations: { 'k8s-sidecar-target-directory': 'Network' } },
  },
  'probes between nodes': { probe: { enabled: true }, networkPolicy: { enabled: true } },
  everything: {
    nameOverride: 'nics',
    namespaceOverride: 'elsewhere',
    image: { registry: 'registry.example', digest: `sha256:${'0'.repeat(64)}` },
    imagePullSecrets: [{ name: 'pull' }],
    kernelLog: 'journal',
    capabilities: ['NET_RAW'],
    hostPID: true,
    collectors: { only: ['device', 'offload'], enable: ['stack'], disable: ['boot'] },
    extraArgs: ['--device.exclude=veth.*'],
    env: [{ name: 'UV_THREADPOOL_SIZE', value: '16' }],
    port: 9999,
    knownIssues: 'known_issues: []\n',
    webConfig: { existingSecret: 'nicwatch-web' },
    podAnnotations: { note: 'yes' },
    podLabels: { team: 'network' },
    priorityClassName: '',
    extraVolumes: [{ name: 'extra', emptyDir: {} }],
    extraVolumeMounts: [{ name: 'extra', mountPath: '/extra' }],
    serviceAccount: { create: false, name: 'existing' },
    service: { enabled: true, annotations: { 'prometheus.io/scrape': 'true' } },
    networkPolicy: { enabled: true, from: [] },
    probe: {
      enabled: true,
      paths: ['host'],
      existingSecret: 'other',
      rate: 600,
      port: 20_001,
      metricsPort: 20_002,
      extraArgs: ['--node-name=nicwatch'],
    },
    podMonitor: { enabled: true },
    serviceMonitor: { enabled: true },
  },
} as const;

type ValueSet = keyof typeof valueSets;
const names = [
  'defaults',
  'the kustomization base',
  'the journal',
  'no kernel log, no privilege',
  'all of monitoring',
  'probes between nodes',
  'everything',
] as const satisfies readonly ValueSet[];

async function template(values: object): Promise<readonly Manifest[]> {
  const { stdout } = await execa(
    'helm',
    ['template', 'nicwatch', chart, '--namespace=nicwatch', '--kube-version=1.31.0', '--values=-'],
    { input: JSON.stringify(values) },
  );
  return parseAllDocuments(stdout).map((document): Manifest => document.toJS());
}

describe.skipIf(problem !== undefined)(`deploy/helm/nicwatch${skipNote(problem)}`, () => {
  const rendered = new Map<ValueSet, readonly Manifest[]>();

  beforeAll(async () => {
    for (const name of names) {
      rendered.set(name, await template(valueSets[name]));
    }
  });

  const manifest = (set: ValueSet, kind: string): Manifest => {
    const found = rendered.get(set)?.find((one) => one.kind === kind);
    if (found === undefined) {
      throw new Error(`there is no ${kind} with the values for ${set}`);
    }
    return found;
  };

  const securityContext = (set: ValueSet): unknown =>
    podSpec(manifest(set, 'DaemonSet')).containers[0]?.securityContext;

  test('passes the lint of Helm', async () => {
    const { exitCode } = await execa('helm', ['lint', '--strict', chart]);
    expect(exitCode).toBe(0);
  });

  test.each(names)('with the values for %s is valid by the schemas of Kubernetes', async (name) => {
    const manifests = rendered.get(name) ?? [];
    expect(manifests).not.toEqual([]);
    for (const one of manifests) {
      expect(await schemaProblem(one), `${one.kind} ${one.metadata.name}`).toBeUndefined();
    }
  });

  test('has no field that Kubernetes does not know', async () => {
    const manifests = [...rendered.values()].flat().filter(({ kind }) => kind !== 'PrometheusRule');
    expect(await unknownFields(manifests)).toBe('');
  });

  test.each(names)('with the values for %s gives the agent a valid command line', (name) => {
    const [container] = podSpec(manifest(name, 'DaemonSet')).containers;
    const args = container?.args?.filter(
      (argument) => !/^--(web.config|known-issues).file=/.test(argument),
    );
    expect(parseArguments(args ?? [], collectorDefinitions)).toMatchObject({
      action: 'run',
      config: { listenAddresses: [{ port: container?.ports?.[0]?.containerPort }] },
    });
  });

  test('equals the kustomization base with the same values', async () => {
    const base = await render('base', ['host-config']);
    for (const kind of ['DaemonSet', 'Service', 'ServiceAccount', 'NetworkPolicy']) {
      const expected = base.find((one) => one.kind === kind);
      expect(effectOf(manifest('the kustomization base', kind)), kind).toEqual(effectOf(expected));
    }
  });

  test('has no probes by default', () => {
    expect(JSON.stringify(rendered.get('defaults'))).not.toContain('probe-');
  });

  test.each([
    { set: 'probes between nodes', path: 'pod', ports: [10_141, 10_142], rate: 300 },
    { set: 'probes between nodes', path: 'host', ports: [10_141, 10_142], rate: 300 },
    { set: 'everything', path: 'host', ports: [20_001, 20_002], rate: 600 },
  ] as const)(
    'with the values for $set gives the mesh of the $path network a valid command line',
    ({ set, path, ports, rate }) => {
      const find = (kind: string): Manifest | undefined =>
        rendered
          .get(set)
          ?.find((one) => one.kind === kind && one.metadata.name.endsWith(`-probe-${path}`));
      const daemonSet = find('DaemonSet');
      const spec = daemonSet === undefined ? undefined : podSpec(daemonSet);
      const [container] = spec?.containers ?? [];
      const args = container?.args?.map((argument) => argument.replace('$(NODE_IP)', '192.0.2.1'));
      expect(args?.slice(0, 2)).toEqual(['probe', 'mesh']);
      expect(parseMeshArguments(args?.slice(2) ?? [])).toMatchObject({
        options: {
          path,
          kilobitsPerSecond: rate,
          listenAddresses: [{ port: ports[0] }],
          webListenAddresses: [{ port: ports[1] }],
          peers: [{ host: find('Service')?.metadata.name, port: ports[0] }],
        },
      });
      expect(daemonSet).toMatchObject({
        spec: { template: { metadata: { labels: find('Service')?.spec?.selector } } },
      });
      expect(spec?.hostNetwork === true).toBe(path === 'host');
      expect(spec).toMatchObject({ securityContext: { runAsNonRoot: true } });
      expect(container?.securityContext?.capabilities).toEqual({ drop: ['ALL'] });
    },
  );

  test('has the probes of the kustomization', async () => {
    const base = await render('probe');
    for (const name of ['nicwatch-probe-pod', 'nicwatch-probe-host', 'nicwatch-probe']) {
      for (const expected of base.filter(({ metadata }) => metadata.name === name)) {
        const { kind } = expected;
        const found = rendered
          .get('probes between nodes')
          ?.find((one) => one.kind === kind && one.metadata.name === name);
        expect(withoutArguments(effectOf(found)), `${kind} ${name}`).toEqual(
          withoutArguments(effectOf(expected)),
        );
      }
    }
  });

  test('mounts everything of the host read-only but the state', () => {
    for (const name of names) {
      const { containers } = podSpec(manifest(name, 'DaemonSet'));
      for (const { name: volume, readOnly } of containers[0]?.volumeMounts ?? []) {
        expect(readOnly === true, `${name}: ${volume}`).toBe(!['state', 'extra'].includes(volume));
      }
    }
  });

  test('gives privileges by the source of the kernel log', () => {
    expect(securityContext('defaults')).toMatchObject({ privileged: true });
    expect(securityContext('the journal')).toMatchObject({
      privileged: false,
      runAsUser: 0,
      capabilities: { drop: ['ALL'] },
    });
    expect(securityContext('no kernel log, no privilege')).toMatchObject({
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
    });
    expect(securityContext('everything')).toMatchObject({ capabilities: { add: ['NET_RAW'] } });
  });

  test('takes rules and dashboards from where they are, with the configured URL of the runbooks', () => {
    const rules = manifest('all of monitoring', 'PrometheusRule');
    const source = readFileSync(`${root}/alerts/nicwatch.rules.yaml`, 'utf8');
    const text = JSON.stringify(rules.spec);
    const addresses = text.match(/"runbook_url":"[^"]+"/g) ?? [];
    expect(addresses).toHaveLength(source.match(/runbook_url:/g)?.length ?? 0);
    for (const address of addresses) {
      expect(address).toMatch(/"https:\/\/runbooks\.example\/nicwatch\/\w+\.md"$/);
    }
    expect(withoutAddresses(rules.spec)).toEqual(withoutAddresses(parse(source)));
    const maps = (rendered.get('all of monitoring') ?? []).filter(
      ({ kind }) => kind === 'ConfigMap',
    );
    expect(maps.flatMap(({ data = {} }) => Object.keys(data)).toSorted()).toEqual(
      readdirSync(`${root}/dashboards`)
        .filter((name) => name.endsWith('.json'))
        .map((name) => `nicwatch-${name}`)
        .toSorted(),
    );
  });

  test.each([
    [{ kernelLog: 'dmesg' }, "at '/kernelLog'"],
    [{ image: { repositry: 'x' } }, "'repositry' not allowed"],
    [{ port: '10140' }, "at '/port'"],
    [{ prometheusRule: { runbookBaseUrl: 'runbooks/' } }, "at '/prometheusRule/runbookBaseUrl'"],
    [{ collectors: { disable: ['--boot'] } }, "at '/collectors/disable/0'"],
    [{ probe: { paths: ['overlay'] } }, "at '/probe/paths/0'"],
    [{ probe: { rate: 0 } }, "at '/probe/rate'"],
    [{ probe: { existingSecret: '' } }, "at '/probe/existingSecret'"],
  ])('refuses %j', async (values, message) => {
    await expect(template(values)).rejects.toThrow(message);
  });
});

test('the table of values in the README of the chart is that of values.yaml', () => {
  const readme = readFileSync(`${chart}/README.md`, 'utf8');
  expect(readmeWithValues(readme)).toBe(readme);
});

/** What a manifest does, without what names the release and its image, and the order of volumes. */
function effectOf(manifest: Manifest | undefined): unknown {
  return JSON.parse(
    JSON.stringify(manifest, (key, value: unknown) => {
      if (key.startsWith('volume') && Array.isArray(value)) {
        return value.toSorted((one, other) => (one.name < other.name ? -1 : 1));
      }
      return [
        'labels',
        'image',
        'imagePullPolicy',
        'namespace',
        'app.kubernetes.io/instance',
      ].includes(key)
        ? undefined
        : value;
    }) ?? '{}',
  );
}

/** Those of the chart name what the kustomization leaves to the defaults; affinity is a value. */
function withoutArguments(manifest: unknown): unknown {
  return JSON.parse(
    JSON.stringify(manifest, (key, value: unknown) =>
      ['args', 'affinity'].includes(key) ? undefined : value,
    ),
  );
}

function withoutAddresses(spec: unknown): unknown {
  return JSON.parse(JSON.stringify(spec).replaceAll(/"runbook_url":"[^"]+"/g, '"runbook_url":""'));
}
