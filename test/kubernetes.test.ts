import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import { configPlaces } from '../src/catalogue/config-places.ts';
import { collectorDefinitions } from '../src/collectors/index.ts';
import { parseArguments } from '../src/config/arguments.ts';
import { parseMeshArguments } from '../src/config/mesh-arguments.ts';
import { parseProbeArguments } from '../src/config/probe-arguments.ts';
import { components, kustomizations, podSpec, render } from './support/kustomize.ts';
import type { Manifest } from './support/kustomize.ts';
import { schemaProblem, unknownFields } from './support/manifest-schemas.ts';
import { commandProblem, skipNote } from './support/requirements.ts';

const problem = commandProblem('kustomize');
const root = fileURLToPath(new URL('..', import.meta.url));

describe.skipIf(problem !== undefined)(`deploy/kubernetes${skipNote(problem)}`, () => {
  const rendered = new Map<string, readonly Manifest[]>();

  beforeAll(async () => {
    for (const name of kustomizations) {
      rendered.set(name, await render(name));
    }
  });

  const manifest = (kustomization: string, kind: string): Manifest => {
    const found = rendered.get(kustomization)?.find((one) => one.kind === kind);
    if (found === undefined) {
      throw new Error(`there is no ${kind} in ${kustomization}`);
    }
    return found;
  };

  test.each(kustomizations)('%s is valid by the schemas of Kubernetes', async (name) => {
    const manifests = rendered.get(name) ?? [];
    expect(manifests).not.toEqual([]);
    for (const one of manifests) {
      expect(await schemaProblem(one), `${one.kind} ${one.metadata.name}`).toBeUndefined();
    }
  });

  test('the schemas reject what Kubernetes would', async () => {
    const service = manifest('base', 'Service');
    const broken = { ...service, spec: { ...service.spec, ports: [{ port: 'metrics' }] } };
    expect(await schemaProblem(broken)).toContain('/spec/ports/0/port must be integer');
  });

  test('has no field that Kubernetes does not know', async () => {
    // The types of rules are older than keep_firing_for; promtool reads the rules.
    const manifests = [...rendered.values()].flat().filter(({ kind }) => kind !== 'PrometheusRule');
    expect(await unknownFields(manifests)).toBe('');
    const misspelt = { ...manifest('base', 'Service'), sepc: {} };
    expect(await unknownFields([misspelt])).toContain('"sepc"');
  });

  test.each(['base', 'journal', 'wire'])('%s gives the agent a valid command line', (name) => {
    const [container] = podSpec(manifest(name, 'DaemonSet')).containers;
    const invocation = parseArguments(container?.args ?? [], collectorDefinitions);
    expect(invocation).toMatchObject({
      action: 'run',
      config: { listenAddresses: [{ port: container?.ports?.[0]?.containerPort }] },
    });
  });

  test.each(['base', 'journal', 'mitigation', 'wire'])(
    '%s runs on every node it is meant for',
    (name) => {
      const spec = podSpec(manifest(name, 'DaemonSet'));
      expect(spec.tolerations).toEqual([{ operator: 'Exists' }]);
      expect(spec.hostNetwork).toBe(true);
      expect(Object.keys(spec.nodeSelector ?? {})).toEqual([
        'kubernetes.io/os',
        ...(name === 'mitigation' ? ['nicwatch/disable-offloads'] : []),
      ]);
    },
  );

  test.each(['base', 'journal', 'mitigation', 'wire'])(
    '%s mounts read-only all but the state',
    (name) => {
      const { containers, initContainers = [], volumes } = podSpec(manifest(name, 'DaemonSet'));
      for (const { securityContext, volumeMounts = [] } of [...containers, ...initContainers]) {
        expect(securityContext?.readOnlyRootFilesystem).toBe(true);
        for (const { name: volume, mountPath, readOnly } of volumeMounts) {
          expect(volumes?.map((one) => one.name)).toContain(volume);
          expect(readOnly === true, mountPath).toBe(mountPath !== '/var/lib/nicwatch');
        }
      }
    },
  );

  test.each(['base', 'journal', 'wire'] as const)(
    'host-config gives %s the configuration of the host, read-only, and no right',
    async (name) => {
      const manifests = await render(name, ['host-config']);
      const daemonSet = manifests.find(({ kind }) => kind === 'DaemonSet');
      const before = podSpec(manifest(name, 'DaemonSet'));
      const after = podSpec(daemonSet ?? manifest(name, 'DaemonSet'));
      expect(daemonSet && (await schemaProblem(daemonSet))).toBeUndefined();
      const known = before.containers[0]?.volumeMounts?.map(({ mountPath }) => mountPath);
      const added = after.containers[0]?.volumeMounts?.filter(
        ({ mountPath }) => known?.includes(mountPath) !== true,
      );
      expect(added?.every(({ readOnly }) => readOnly === true)).toBe(true);
      const mounted = added?.map(({ mountPath }) => mountPath.replace(/^\/host/, '')) ?? [];
      const unseen = configPlaces
        .map(({ path }) => path)
        .filter((path) => !mounted.some((directory) => `${path}/`.startsWith(`${directory}/`)));
      // The rest of /run is only there with what writes it, and the sockets beside it are not for the agent.
      expect(unseen.filter((path) => !path.startsWith('/run/'))).toEqual([]);
      const withoutMounts = (spec: typeof before): unknown => ({
        ...spec,
        volumes: undefined,
        containers: spec.containers.map((one) => ({ ...one, volumeMounts: undefined })),
      });
      expect(withoutMounts(after)).toEqual(withoutMounts(before));
    },
  );

  test('only the variant that reads /dev/kmsg is privileged', () => {
    const context = (name: string): unknown =>
      podSpec(manifest(name, 'DaemonSet')).containers[0]?.securityContext;
    expect(context('base')).toMatchObject({ privileged: true });
    expect(context('journal')).toMatchObject({
      privileged: false,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
    expect(context('wire')).toMatchObject({
      privileged: false,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'], add: ['NET_RAW'] },
    });
    expect(
      podSpec(manifest('mitigation', 'DaemonSet')).initContainers?.[0]?.securityContext,
    ).toMatchObject({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] },
    });
  });

  test('only the variant that counts what pods drop sees the processes of the host', () => {
    const seeing = ['base', 'journal', 'mitigation', 'wire'].filter(
      (name) => podSpec(manifest(name, 'DaemonSet')).hostPID === true,
    );
    expect(seeing).toEqual(['wire']);
    const [container] = podSpec(manifest('wire', 'DaemonSet')).containers;
    expect(container?.args).toEqual(
      expect.arrayContaining(['--collector.wire', '--collector.netns']),
    );
  });

  test('monitoring has every dashboard, small enough for kubectl apply', () => {
    const files = readdirSync(`${root}/dashboards`).filter((name) => name.endsWith('.json'));
    const maps = (rendered.get('monitoring') ?? []).filter(({ kind }) => kind === 'ConfigMap');
    expect(maps.flatMap(({ data = {} }) => Object.keys(data)).toSorted()).toEqual(
      files.map((name) => `nicwatch-${name}`).toSorted(),
    );
    for (const map of maps) {
      // It writes the whole manifest into an annotation, and annotations have 256 KiB.
      expect(JSON.stringify(map).length, map.metadata.name).toBeLessThan(250 * 1024);
    }
  });

  test('selectors of the agents select nothing else', () => {
    const labels = (name: string): unknown =>
      manifest(name, 'DaemonSet').spec?.template?.metadata.labels;
    const agents = { 'app.kubernetes.io/name': 'nicwatch' };
    expect(labels('base')).toMatchObject(agents);
    expect(labels('mitigation')).not.toMatchObject(agents);
    expect(manifest('base', 'Service').spec?.selector).toEqual(agents);
    expect(manifest('base', 'NetworkPolicy').spec?.podSelector).toEqual({ matchLabels: agents });
    expect(manifest('monitoring', 'PodMonitor').spec?.selector).toEqual({ matchLabels: agents });
  });
});

describe.skipIf(problem !== undefined)(
  `the mesh of deploy/kubernetes/probe${skipNote(problem)}`,
  () => {
    let manifests: readonly Manifest[] = [];
    const paths = ['pod', 'host'] as const;

    beforeAll(async () => {
      manifests = await render('probe');
    });

    const named = (kind: string, name: string): Manifest => {
      const found = manifests.find((one) => one.kind === kind && one.metadata.name === name);
      if (found === undefined) {
        throw new Error(`there is no ${kind} ${name}`);
      }
      return found;
    };

    test.each(paths)('has a valid command line in the %s network', (path) => {
      const [container] = podSpec(named('DaemonSet', `nicwatch-probe-${path}`)).containers;
      const [probe, mesh, ...args] = (container?.args ?? []).map((argument) =>
        argument.replace('$(NODE_IP)', '192.0.2.1'),
      );
      expect([probe, mesh]).toEqual(['probe', 'mesh']);
      expect(parseMeshArguments(args)).toMatchObject({
        action: 'mesh',
        options: {
          path,
          // Both meshes of a node together send no more than 0.6 Mbit/s.
          kilobitsPerSecond: 300,
          listenAddresses: [{ port: 10_141 }],
          webListenAddresses: [{ port: 10_142 }],
          peers: [{ host: named('Service', `nicwatch-probe-${path}`).metadata.name, port: 10_141 }],
        },
      });
    });

    test.each(paths)('runs without any privilege in the %s network', (path) => {
      const spec = podSpec(named('DaemonSet', `nicwatch-probe-${path}`));
      expect(spec.hostNetwork === true).toBe(path === 'host');
      expect(spec.tolerations).toEqual([{ operator: 'Exists' }]);
      expect(spec).toMatchObject({ securityContext: { runAsNonRoot: true } });
      expect(spec.containers[0]).toMatchObject({
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
      });
      expect(spec.volumes).toHaveLength(1);
    });

    test.each(paths)(
      'finds the nodes of the %s network by a headless Service of its own',
      (path) => {
        const labels = { 'app.kubernetes.io/name': `nicwatch-probe-${path}` };
        expect(named('Service', `nicwatch-probe-${path}`)).toMatchObject({
          spec: { clusterIP: 'None', selector: labels },
        });
        const { spec } = named('DaemonSet', `nicwatch-probe-${path}`);
        expect(spec?.template?.metadata.labels).toMatchObject(labels);
        expect(named('NetworkPolicy', 'nicwatch-probe').spec?.podSelector).toEqual({
          matchLabels: { 'app.kubernetes.io/component': 'probe' },
        });
        expect(spec?.template?.metadata.labels).toMatchObject({
          'app.kubernetes.io/component': 'probe',
        });
      },
    );
  },
);

describe.skipIf(problem !== undefined)(`prove-node.sh${skipNote(problem)}`, () => {
  const script = `${root}/deploy/kubernetes/acceptance/prove-node.sh`;

  /** Runs it with a kubectl that writes down what it is asked. */
  async function prove(peers: string, state: string) {
    const folder = mkdtempSync(join(tmpdir(), 'nicwatch-prove-'));
    try {
      writeFileSync(
        join(folder, 'kubectl'),
        `#!/bin/sh
echo "$*" >> ${folder}/asked
case "$*" in
  kustomize*) exec kustomize build "$2" ;;
  *'get pods'*) printf '${peers}' ;;
  *'get job'*) echo ${state} ;;
  apply*) cat > ${folder}/applied ;;
esac
`,
        { mode: 0o755 },
      );
      const { exitCode } = await execa(script, ['worker-1', '2'], {
        env: { PATH: `${folder}:${process.env['PATH']}` },
        reject: false,
      });
      const asked = readFileSync(join(folder, 'asked'), 'utf8');
      const applied = asked.includes('apply') ? readFileSync(join(folder, 'applied'), 'utf8') : '';
      return { exitCode, asked, applied };
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  test('probes other nodes from the new one, and takes its taint away when it passes', async () => {
    const { exitCode, asked, applied } = await prove('10.0.0.1\\n10.0.0.2\\n', 'Complete');
    expect(exitCode).toBe(0);
    expect(asked).toContain('taint node worker-1 nicwatch/unproven-\n');
    const job: Manifest = parse(applied);
    expect(await schemaProblem(job)).toBeUndefined();
    expect(job.metadata.name).toBe('nicwatch-acceptance-worker-1');
    expect(podSpec(job)).toMatchObject({ nodeName: 'worker-1' });
    const [probe, ...args] = podSpec(job).containers[0]?.args ?? [];
    expect(probe).toBe('probe');
    const invocation = parseProbeArguments(args);
    expect(invocation).toMatchObject({ action: 'run', options: { path: 'pod' } });
    const peers = invocation.action === 'run' ? invocation.options.peers : [];
    expect(new Set(peers.map(({ host }) => host))).toEqual(new Set(['10.0.0.1', '10.0.0.2']));
  });

  test.each([
    { why: 'the test fails', peers: '10.0.0.1\\n', state: 'Failed', exit: 1 },
    { why: 'no other node answers', peers: '', state: 'Complete', exit: 2 },
  ])('leaves the taint where $why', async ({ peers, state, exit }) => {
    const { exitCode, asked } = await prove(peers, state);
    expect(exitCode).toBe(exit);
    expect(asked).not.toContain('taint');
  });
});

test('every file of deploy/kubernetes belongs to a kustomization', () => {
  const folders = readdirSync(`${root}/deploy/kubernetes`, { withFileTypes: true });
  expect(folders.map(({ name }) => name).toSorted()).toEqual(
    [...kustomizations, ...components].toSorted(),
  );
});
