import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import { debianVersion, readVersion } from '../../scripts/version.mjs';
import { commandProblem, skipNote } from '../support/requirements.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const problem = commandProblem('dpkg-deb', 'git');
const lintianProblem = commandProblem('lintian');
const folder = mkdtempSync(join(tmpdir(), 'nicwatch-release-test-'));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe.skipIf(problem !== undefined)(`npm run release -- --dry-run${skipNote(problem)}`, () => {
  const output = join(folder, 'release');
  const version = readVersion();
  const file = (pattern: RegExp): string => {
    const found = readdirSync(output).find((name) => pattern.test(name));
    if (found === undefined) {
      throw new Error(`${pattern} is not among ${readdirSync(output).join(', ')}`);
    }
    return join(output, found);
  };

  beforeAll(async () => {
    await execa(process.execPath, ['scripts/release.mjs', '--dry-run', `--output=${output}`], {
      cwd: root,
    });
  }, 180_000);

  test('builds every artifact, with its checksum', () => {
    const sums = readFileSync(join(output, 'SHA256SUMS'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split('  '));
    const names = readdirSync(output).filter((name) => name !== 'SHA256SUMS');
    expect(sums.map(([, name]) => name)).toEqual(names.toSorted());
    for (const [sum, name = ''] of sums) {
      const content = readFileSync(join(output, name));
      expect(createHash('sha256').update(content).digest('hex'), name).toBe(sum);
    }
    const debian = debianVersion(version);
    expect(names).toEqual(
      expect.arrayContaining([
        `nicwatch-${version}.cdx.json`,
        `nicwatch-${version}.tgz`,
        `nicwatch_${debian}_amd64.deb`,
        `nicwatch_${debian}_arm64.deb`,
        ...(commandProblem('helm') === undefined ? [`nicwatch-chart-${version}.tgz`] : []),
      ]),
    );
  });

  test('packs an agent for npm that runs as installed by npm', async () => {
    const project = join(folder, 'project');
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), '{"private":true}');
    await execa('npm', ['install', '--no-audit', file(/^nicwatch-\d.*\.tgz$/)], { cwd: project });
    const nicwatch = join(project, 'node_modules/.bin/nicwatch');
    const { stdout } = await execa(nicwatch, ['--version']);
    expect(stdout).toContain(`nicwatch, version ${version} `);
    // Without the native module this flag would be an error.
    await execa(nicwatch, ['--ethtool.reader=ioctl', '--config.check']);
  }, 60_000);

  test.each(['amd64', 'arm64'])(
    'packs for %s the native module of that architecture',
    async (arch) => {
      const { stdout } = await execa('dpkg-deb', [
        '--contents',
        file(new RegExp(`_${arch}\\.deb$`)),
      ]);
      const native = [...stdout.matchAll(/linux_(\w+)\/koffi\.node/g)].map(([, name]) => name);
      expect(native).toEqual([arch === 'amd64' ? 'x64' : arch]);
    },
  );

  test.skipIf(lintianProblem !== undefined)(
    `packs what lintian has no errors and no warnings for${skipNote(lintianProblem)}`,
    async () => {
      const { stdout } = await execa('lintian', [
        '--fail-on=error,warning',
        '--allow-root',
        file(/_amd64\.deb$/),
      ]);
      expect(stdout).toBe('');
    },
    60_000,
  );

  test('lists exactly the bundled packages in its SBOM', () => {
    const { components, metadata } = parse(readFileSync(file(/\.cdx\.json$/), 'utf8'));
    const names = components.map((one: { readonly name: string }) => one.name);
    expect(metadata.component.version).toBe(version);
    expect(names).toEqual(expect.arrayContaining(['fastify', 'prom-client', 'koffi']));
    expect(names).not.toEqual(expect.arrayContaining(['vitest']));
  });

  test('fails without --dry-run if the commit has no release tag', async () => {
    const { exitCode, stderr } = await execa(process.execPath, ['scripts/release.mjs'], {
      cwd: root,
      reject: false,
      env: { NICWATCH_VERSION: '1.2.3-git.20260101000000.g1234567' },
    });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('expected a commit with a tag such as v1.2.3');
  });
});

describe.skipIf(problem !== undefined)(`versions${skipNote(problem)}`, () => {
  test('debianVersion() keeps the order of commits, and puts them before the release', async () => {
    const inOrder = [
      '0.1.0',
      '0.2.0-git.20261121095959.gffffff1',
      '0.2.0-git.20261121100000.g0000002',
      '0.2.0-git.20261122000000.g0000000',
      '0.2.0',
      '0.2.1-git.20261123000000.g0000000',
    ].map((version) => debianVersion(version));
    for (const [index, version] of inOrder.slice(1).entries()) {
      await execa('dpkg', ['--compare-versions', inOrder[index] ?? '', 'lt', version]);
    }
    expect(inOrder[1]).toBe('0.2.0~git20261121095959.ffffff1');
  });
});

test('workflows name every action by its commit', () => {
  const folderOfWorkflows = `${root}/.github/workflows`;
  const uses = readdirSync(folderOfWorkflows).flatMap((name) => [
    ...readFileSync(join(folderOfWorkflows, name), 'utf8').matchAll(/uses: (.*)/g),
  ]);
  expect(uses).not.toEqual([]);
  for (const [, action] of uses) {
    expect(action).toMatch(/^[\w.-]+\/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  }
});
