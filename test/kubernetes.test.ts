import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { beforeAll, describe, expect, test } from 'vitest';

import { configPlaces } from '../src/catalogue/config-places.ts';
import { collectorDefinitions } from '../src/collectors/index.ts';
import { parseArguments } from '../src/config/arguments.ts';
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

test('every file of deploy/kubernetes belongs to a kustomization', () => {
  const folders = readdirSync(`${root}/deploy/kubernetes`, { withFileTypes: true });
  expect(folders.map(({ name }) => name).toSorted()).toEqual(
    [...kustomizations, ...components].toSorted(),
  );
});
