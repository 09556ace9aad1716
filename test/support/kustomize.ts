import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

import { execa } from 'execa';
import { parseAllDocuments } from 'yaml';

/** The directories of deploy/kubernetes. */
export const kustomizations = [
  'acceptance',
  'base',
  'journal',
  'mitigation',
  'monitoring',
  'probe',
  'wire',
] as const;

/** Directories of it that a kustomization of a user's own adds to one of those. */
export const components = ['host-config'] as const;

interface Container {
  readonly args?: readonly string[];
  readonly ports?: readonly { readonly containerPort: number }[];
  readonly securityContext?: {
    readonly readOnlyRootFilesystem?: boolean;
    readonly capabilities?: { readonly drop?: readonly string[] };
  };
  readonly volumeMounts?: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
  }[];
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly tolerations?: unknown;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly volumes?: readonly { readonly name: string }[];
}

/** A manifest, as far as tests look into it. Its kind's schema says whether it is one. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly selector?: unknown;
    readonly podSelector?: unknown;
    readonly template?: {
      readonly metadata: { readonly labels: unknown };
      readonly spec: PodSpec;
    };
  };
}

/** Renders a kustomization as `kubectl apply -k` would, alone or with components. */
export async function render(
  name: (typeof kustomizations)[number],
  added: readonly (typeof components)[number][] = [],
): Promise<readonly Manifest[]> {
  const folder = mkdtempSync(join(tmpdir(), 'nicwatch-kustomization-'));
  const path = (directory: string): string =>
    relative(folder, new URL(`../../deploy/kubernetes/${directory}`, import.meta.url).pathname);
  const kustomization = { resources: [path(name)], components: added.map(path) };
  writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
  try {
    const { stdout } = await execa('kustomize', ['build', folder]);
    return parseAllDocuments(stdout).map((document): Manifest => document.toJS());
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The pods of a DaemonSet. */
export function podSpec({ kind, spec }: Manifest): PodSpec {
  if (spec?.template === undefined) {
    throw new Error(`${kind} has no pods`);
  }
  return spec.template.spec;
}
