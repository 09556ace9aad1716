import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const copy = mkdtempSync(join(tmpdir(), 'nicwatch-borders-'));

/** The folders of src/ from the top down, as CONTRIBUTING draws them. */
const floors = [
  'web-config',
  'http',
  'status-page',
  'agent',
  'collectors',
  'drill',
  'kernel-log',
  'wire',
  'host',
  'log',
  'config',
  'parsers',
  'catalogue',
  'metrics',
  'model',
];

const machine = ['node:fs', 'fs/promises', 'child_process', 'execa', 'koffi'];

/** Files and what they must not import. */
const broken = [
  ...floors.flatMap((upper, index) =>
    floors
      .slice(index + 1)
      .map((lower) => [`src/${lower}/upward.ts`, `../${upper}/file.ts`] as const),
  ),
  ...floors.map((floor) => [`src/${floor}/upward.ts`, '../main.ts'] as const),
  ...floors
    .filter((floor) => floor !== 'host')
    .flatMap((floor) => machine.map((module) => [`src/${floor}/machine.ts`, module] as const)),
  ...[...floors.map((floor) => `src/${floor}/renders.ts`), 'src/main.ts'].flatMap((file) =>
    ['prom-client', 'prom-client/lib/registry.js'].map((module) => [file, module] as const),
  ),
  ...floors.slice(2).map((floor) => [`src/${floor}/serves.ts`, 'fastify'] as const),
  ['src/status-page/serves.ts', 'fastify/types/utils.js'],
  ['src/http/draws.ts', '@grafana/grafana-foundation-sdk/dashboard'],
  ['src/agent/draws.ts', '../../dashboards/index.ts'],
  ['src/agent/tests.ts', '../../test/support/netns.ts'],
  ['src/main.ts', '../dashboards/index.ts'],
  ['src/cellar/unknown.ts', '../model/file.ts'],
  ['src/agent/unknown.ts', '../cellar/file.ts'],
  ['src/loose.ts', './model/file.ts'],
  ['src/start.ts', './host/libc.ts'],
  ['src/start.ts', './main.ts'],
  ['src/start.ts', 'node:process'],
  ['src/start.ts', 'pino'],
  ['dashboards/reads.ts', 'node:fs'],
  ['dashboards/reads.ts', 'path'],
  ['dashboards/knows.ts', '../src/agent/agent.ts'],
  ['dashboards/knows.ts', '../test/support/netns.ts'],
] as const;

const allowed = [
  ...floors.flatMap((upper, index) =>
    floors
      .slice(index + 1)
      .map((lower) => [`src/${upper}/downward.ts`, `../${lower}/file.ts`] as const),
  ),
  ...machine.map((module) => ['src/host/machine.ts', module] as const),
  ['src/metrics/exposition.ts', 'prom-client/lib/registry.js'],
  ['src/http/serves.ts', 'fastify'],
  ['src/web-config/serves.ts', 'fastify'],
  ['src/main.ts', 'node:fs'],
  ['src/main.ts', './http/app.ts'],
  ['src/start.ts', './host/runtime.ts'],
  ['src/agent/beside.ts', './agent.ts'],
  ['src/parsers/reads.test.ts', 'node:fs'],
  ['dashboards/draws.ts', '@grafana/grafana-foundation-sdk/dashboard'],
  ['dashboards/node/draws.ts', '../kit/panels.ts'],
] as const;

/** Every way to name a module, each in a file of its own. */
const statements = [
  ['import', "import 'koffi';"],
  ['import-names', "import { load } from 'koffi';\nexport const names = load;"],
  ['import-type', "import type { load } from 'koffi';\nexport type Names = load;"],
  ['export-names', "export { load } from 'koffi';"],
  ['export-all', "export * from 'koffi';"],
  ['export-namespace', "export * as all from 'koffi';"],
  ['export-type', "export type { load } from 'koffi';"],
  ['import-call', "export const loaded = import('koffi');"],
  ['import-template', 'export const loaded = import(`koffi`);'],
  [
    'import-computed',
    'export const load = async (name: string): Promise<unknown> => import(name);',
  ],
  ['type-query', "export type Koffi = typeof import('koffi');"],
  ['type-member', "export type Load = import('koffi').load;"],
  ['require', "export const koffi: unknown = require('koffi');"],
  ['builtin', "export const fs = process.getBuiltinModule('fs');"],
  ['disguised', "export const up = import('./../agent/../http/app.ts');"],
] as const;

let complaints: readonly string[] = [];

beforeAll(async () => {
  for (const file of ['.oxlintrc.json', 'tsconfig.json', 'scripts/lint-borders.mjs']) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file));
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const texts = new Map<string, string>(
    statements.map(([name, text]) => [`src/agent/${name}.ts`, `${text}\n`] as const),
  );
  for (const [file, module] of [...broken, ...allowed]) {
    texts.set(file, `${texts.get(file) ?? ''}export * from '${module}';\n`);
  }
  // A dynamic import is all that start.ts may do with main.ts.
  texts.set('src/start.ts', `${texts.get('src/start.ts')}void import('./main.ts');\n`);
  for (const [one, other] of ['ab', 'ba']) {
    texts.set(
      `src/model/circle-${one}.ts`,
      `import { ${other} } from './circle-${other}.ts';\nexport const ${one} = (): unknown => ${other};\n`,
    );
  }
  for (const [file, text] of texts) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    writeFileSync(join(copy, file), text);
  }
  const { stdout } = await execa('node_modules/.bin/oxlint', ['--format=unix'], {
    cwd: copy,
    reject: false,
  });
  complaints = stdout.split('\n').filter((line) => /borders|no-cycle/.test(line));
});
afterAll(() => {
  rmSync(copy, { recursive: true });
});

/** What the lint says of the line of a file that imports a module. */
function complaintsOf(file: string, module: string): readonly string[] {
  const line = [...broken, ...allowed]
    .filter(([importer]) => importer === file)
    .findIndex(([, imported]) => imported === module);
  return complaints.filter((complaint) => complaint.startsWith(`${file}:${line + 1}:`));
}

describe('the lint', () => {
  test.each(broken)('rejects in %s the import of %s', (file, module) => {
    expect(complaintsOf(file, module)).toEqual([
      expect.stringMatching(/Only .* may import|imports only from floors below|does not import/),
    ]);
  });

  test.each(allowed)('allows in %s the import of %s', (file, module) => {
    expect(complaintsOf(file, module)).toEqual([]);
  });

  test.each(statements)('sees through the statement %s', (name) => {
    expect(complaints.filter((line) => line.startsWith(`src/agent/${name}.ts:`))).toHaveLength(1);
  });

  test('allows start.ts to load main.ts, once it has tuned the runtime', () => {
    expect(complaints.filter((line) => line.startsWith('src/start.ts:'))).toHaveLength(4);
  });

  test('rejects circular imports', () => {
    expect(complaints.join('\n')).toMatch(/circle-[ab]\.ts.*no-cycle/);
  });
});
