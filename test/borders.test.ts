import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const house = mkdtempSync(join(tmpdir(), 'nicwatch-borders-'));

/** Imports that break the house's borders, each from a file it must not stand in. */
const broken = [
  ['src/parsers/reads.ts', 'node:fs'],
  ['src/collectors/reads.ts', 'node:fs/promises'],
  ['src/agent/spawns.ts', 'node:child_process'],
  ['src/kernel-log/spawns.ts', 'execa'],
  ['src/collectors/native.ts', 'koffi'],
  ['src/collectors/renders.ts', 'prom-client'],
  ['src/metrics/metric.ts', 'prom-client'],
  ['src/agent/serves.ts', 'fastify'],
  ['src/parsers/upward.ts', '../host/host.ts'],
  ['src/host/upward.ts', '../kernel-log/follow.ts'],
  ['src/collectors/upward.ts', '../agent/agent.ts'],
  ['src/agent/upward.ts', '../http/app.ts'],
  ['src/model/upward.ts', '../catalogue/kernel-events.ts'],
  ['src/http/draws.ts', '@grafana/grafana-foundation-sdk/dashboard'],
  ['src/agent/draws.ts', '../../dashboards/index.ts'],
  ['src/main.ts', '../dashboards/index.ts'],
  ['dashboards/reads.ts', 'node:fs'],
  ['dashboards/knows.ts', '../src/agent/agent.ts'],
] as const;

const allowed = [
  ['src/host/reads.ts', 'node:fs'],
  ['src/host/spawns.ts', 'execa'],
  ['src/metrics/exposition.ts', 'prom-client'],
  ['src/http/serves.ts', 'fastify'],
  ['src/collectors/downward.ts', '../host/host.ts'],
  ['dashboards/draws.ts', '@grafana/grafana-foundation-sdk/dashboard'],
] as const;

let complaints = '';

beforeAll(async () => {
  for (const file of ['.oxlintrc.json', 'tsconfig.json']) {
    cpSync(join(root, file), join(house, file));
  }
  symlinkSync(join(root, 'node_modules'), join(house, 'node_modules'));
  for (const [file, module] of [...broken, ...allowed]) {
    mkdirSync(dirname(join(house, file)), { recursive: true });
    writeFileSync(join(house, file), `export * from '${module}';\n`);
  }
  for (const letter of ['a', 'b']) {
    const other = letter === 'a' ? 'b' : 'a';
    writeFileSync(
      join(house, `src/model/circle-${letter}.ts`),
      `import { ${other} } from './circle-${other}.ts';\nexport const ${letter} = (): unknown => ${other};\n`,
    );
  }
  const { stdout } = await execa('node_modules/.bin/oxlint', ['--format=unix'], {
    cwd: house,
    reject: false,
  });
  complaints = stdout;
});
afterAll(() => {
  rmSync(house, { recursive: true });
});

describe('the lint', () => {
  test.each(broken)('refuses in %s the import of %s', (file, module) => {
    expect(complaints).toMatch(
      new RegExp(`${file}:\\d+:\\d+: '${module}' import is restricted`.replaceAll('.', '\\.')),
    );
  });

  test.each(allowed)('allows in %s the import of %s', (file) => {
    expect(complaints).not.toMatch(new RegExp(`${file}:.*restricted`));
  });

  test('refuses a circle of imports', () => {
    expect(complaints).toMatch(/circle-a\.ts.*no-cycle|circle-b\.ts.*no-cycle/);
  });
});
