// Packs all artifacts of a release in build/release: `npm run release -- [--dry-run] [--output DIRECTORY]`.
// Without --dry-run it requires a release tag and a clean work tree. The images are built by the workflow.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';

import { readVersion } from './version.mjs';

const architectures = ['x64', 'arm64'];

const { values } = parseArgs({
  options: {
    'dry-run': { type: 'boolean', default: false },
    output: { type: 'string', default: 'build/release' },
  },
});
const output = resolve(values.output);
const version = readVersion();
const changes = execFileSync('git', ['status', '--porcelain'], { encoding: 'utf8' });
if (!values['dry-run'] && (changes !== '' || version.includes('-'))) {
  console.error(
    `release: expected a commit with a tag such as v1.2.3 and no changes, got ${version}${changes === '' ? '' : ' with changes'}; --dry-run rehearses`,
  );
  process.exit(2);
}
const built = execFileSync('dist/nicwatch.cjs', ['--version'], { encoding: 'utf8' });
if (!built.startsWith(`nicwatch, version ${version} `)) {
  console.error(
    `release: expected a build of ${version} in dist/, got ${JSON.stringify(built.split('\n')[0])}`,
  );
  process.exit(2);
}
const staging = mkdtempSync(join(tmpdir(), 'nicwatch-release-'));
try {
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  for (const arch of architectures) {
    packDebian(arch);
  }
  packNpm();
  packChart();
  writeFileSync(join(output, `nicwatch-${version}.cdx.json`), billOfMaterials());
  writeFileSync(join(output, 'SHA256SUMS'), checksums());
} finally {
  rmSync(staging, { recursive: true });
}
console.log(readFileSync(join(output, 'SHA256SUMS'), 'utf8'));

function packDebian(arch) {
  const folder = join(staging, arch);
  mkdirSync(folder);
  for (const file of ['package.json', 'package-lock.json', '.npmrc']) {
    copyFileSync(file, join(folder, file));
  }
  // The lockfile's checksums cover the other architecture too. No scripts are run.
  const platform = [`--cpu=${arch}`, '--os=linux', '--libc=glibc'];
  run('npm', 'ci', '--omit=dev', '--ignore-scripts', ...platform, `--prefix=${folder}`);
  run(
    process.execPath,
    'scripts/package-deb.mjs',
    `--output=${output}`,
    `--arch=${arch}`,
    `--modules=${join(folder, 'node_modules')}`,
  );
}

/** The package as `npm pack` makes it, with the version of the commit. */
function packNpm() {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
  const folder = join(staging, 'npm');
  for (const name of [
    ...manifest.files.map((file) => file.split('/')[0]),
    'README.md',
    'LICENSE',
  ]) {
    cpSync(name, join(folder, name), { recursive: true });
  }
  // The existing build is packed.
  delete manifest.scripts.prepack;
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, version }, null, 2));
  run('npm', 'pack', folder, `--pack-destination=${output}`);
}

function packChart() {
  try {
    execFileSync('helm', ['version', '--short'], { stdio: 'ignore' });
  } catch {
    console.error('release: Helm is not installed, the chart is left out');
    return;
  }
  const folder = join(staging, 'chart');
  run(
    'helm',
    'package',
    'deploy/helm/nicwatch',
    `--version=${version}`,
    `--app-version=${version}`,
    `--destination=${folder}`,
  );
  // The npm package has the name Helm gives it.
  copyFileSync(
    join(folder, `nicwatch-${version}.tgz`),
    join(output, `nicwatch-chart-${version}.tgz`),
  );
}

/** The SBOM of npm, in CycloneDX, reduced to the bundled packages and the native one. */
function billOfMaterials() {
  const bundled = new Set(
    [...readFileSync('dist/nicwatch.cjs.LEGAL.txt', 'utf8').matchAll(/^={80}\n(\S+) (\S+) /gm)].map(
      ([, name, itsVersion]) => `${name}@${itsVersion}`,
    ),
  );
  const all = JSON.parse(
    execFileSync('npm', ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  const isShipped = (reference) => {
    const id = reference.split('|').at(-1);
    return bundled.has(id) || /^(?:@koromix\/)?koffi(?:-linux-(?:x64|arm64))?@/.test(id);
  };
  const components = all.components.filter((component) => isShipped(component['bom-ref']));
  const references = new Set(components.map((component) => component['bom-ref']));
  const root = all.metadata.component['bom-ref'];
  const dependencies = all.dependencies
    .filter(({ ref }) => ref === root || references.has(ref))
    .map(({ ref, dependsOn }) => ({
      ref,
      dependsOn: dependsOn.filter((one) => references.has(one)),
    }));
  const metadata = { ...all.metadata, component: { ...all.metadata.component, version } };
  return `${JSON.stringify({ ...all, metadata, components, dependencies }, null, 2)}\n`;
}

function checksums() {
  return readdirSync(output)
    .toSorted()
    .map(
      (name) =>
        `${createHash('sha256')
          .update(readFileSync(join(output, name)))
          .digest('hex')}  ${name}\n`,
    )
    .join('');
}

function run(command, ...args) {
  execFileSync(command, args, {
    env: { ...process.env, NICWATCH_VERSION: version },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
