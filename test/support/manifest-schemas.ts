import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';

import type { Manifest } from './kustomize.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Model {
  validate(): void;
}

/** What the JSON schema of a kind finds wrong; undefined when nothing is. */
export async function schemaProblem(manifest: Manifest): Promise<string | undefined> {
  const { apiVersion, kind } = manifest;
  const { [kind]: Kind }: Readonly<Record<string, new (data: unknown) => Model>> = await import(
    `${packageOf(apiVersion)}/${apiVersion}/${kind}`
  );
  if (Kind === undefined) {
    return `there is no schema of ${apiVersion} ${kind}`;
  }
  try {
    new Kind(manifest).validate();
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** What the compiler finds in manifests that their types do not have: schemas let every field pass. */
export async function unknownFields(manifests: readonly Manifest[]): Promise<string> {
  // Within the project, so that the compiler finds its packages.
  mkdirSync(`${root}/.cache`, { recursive: true });
  const folder = mkdtempSync(`${root}/.cache/manifests-`);
  writeFileSync(
    `${folder}/manifests.ts`,
    manifests
      .map(
        ({ apiVersion, kind, ...rest }, index) =>
          `import type { I${kind} as Kind${index} } from '${packageOf(apiVersion)}/${apiVersion}/${kind}';\n` +
          `export const manifest${index}: Kind${index} = ${JSON.stringify({ apiVersion, kind, ...rest })};\n`,
      )
      .join(''),
  );
  const { stdout } = await execa(
    `${root}/node_modules/.bin/tsc`,
    [
      '--ignoreConfig',
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--module',
      'nodenext',
      'manifests.ts',
    ],
    { cwd: folder, reject: false },
  );
  rmSync(folder, { recursive: true });
  return stdout;
}

function packageOf(apiVersion: string): string {
  return apiVersion.startsWith('monitoring.coreos.com/')
    ? '@kubernetes-models/prometheus-operator'
    : 'kubernetes-models';
}
