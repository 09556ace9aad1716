// Packs the build as a Debian package: `npm run package:deb -- [--output DIRECTORY] [--version VERSION] [--arch ARCH]
// [--modules DIRECTORY]`.
// The package is reproducible.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  lutimesSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

import { copyRuntimeFiles } from './runtime-files.mjs';
import { debianVersion, readVersion } from './version.mjs';

/** Debian's names of the architectures Node.js runs on. */
const architectures = { x64: 'amd64', arm64: 'arm64', arm: 'armhf', ia32: 'i386' };

const maintainer = 'The nicwatch authors <nicwatch@nicwatch.invalid>';

const npmPackage = JSON.parse(readFileSync('package.json', 'utf8'));
const {
  values: { output, version, arch, modules },
} = parseArgs({
  options: {
    output: { type: 'string', default: 'build' },
    version: { type: 'string', default: debianVersion(readVersion()) },
    // Node.js's name of the architecture. Only the native module differs.
    arch: { type: 'string', default: process.arch },
    // Where that is installed.
    modules: { type: 'string', default: 'node_modules' },
  },
});
const architecture = architectures[arch];
if (architecture === undefined) {
  throw new Error(
    `--arch: expected one of ${Object.keys(architectures).join(', ')}, got ${JSON.stringify(arch)}`,
  );
}
const epoch = Number(process.env.SOURCE_DATE_EPOCH ?? commitTime());

const root = mkdtempSync(join(tmpdir(), 'nicwatch-deb-'));
try {
  layOut();
  const scripts = ['postinst', 'prerm', 'postrm'];
  for (const script of scripts) {
    put(`DEBIAN/${script}`, readFileSync(`deploy/debian/${script}`));
  }
  put('DEBIAN/conffiles', '/etc/default/nicwatch\n');
  put('DEBIAN/md5sums', checksums());
  put('DEBIAN/control', control());
  normalize(root, new Set(scripts.map((script) => join(root, 'DEBIAN', script))));
  mkdirSync(output, { recursive: true });
  const file = join(output, `nicwatch_${version}_${architecture}.deb`);
  // One thread: the output of several depends on their number.
  const options = ['--root-owner-group', '-Zxz', '--threads-max=1'];
  execFileSync('dpkg-deb', [...options, '--build', root, file], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(epoch) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  console.log(file);
} finally {
  rmSync(root, { recursive: true });
}

function layOut() {
  copyRuntimeFiles(join(root, 'usr/lib/nicwatch'), { arch, modules });
  const program = 'usr/lib/nicwatch/nicwatch.cjs';
  // Debian's Node.js, whatever else is on the path. The kernel passes one argument, so env(1) is not needed to split any.
  put(
    program,
    readFileSync(join(root, program), 'utf8').replace('/usr/bin/env -S node ', '/usr/bin/node '),
  );
  mkdirSync(join(root, 'usr/bin'));
  symlinkSync('../lib/nicwatch/nicwatch.cjs', join(root, 'usr/bin/nicwatch'));
  for (const unit of ['nicwatch.service', 'nicwatch.socket']) {
    put(`usr/lib/systemd/system/${unit}`, readFileSync(`deploy/systemd/${unit}`));
  }
  put('etc/default/nicwatch', readFileSync('deploy/debian/default'));
  put('usr/share/man/man1/nicwatch.1.gz', compressed('docs/nicwatch.1'));
  const documents = 'usr/share/doc/nicwatch';
  for (const dropIn of ['wire.conf', 'netns.conf']) {
    put(`${documents}/examples/${dropIn}`, readFileSync(`deploy/systemd/${dropIn}`));
  }
  put(`${documents}/copyright`, readFileSync('deploy/debian/copyright'));
  put(`${documents}/changelog.gz`, gzipSync(changelog(), { level: 9 }));
  put(`${documents}/NEWS.gz`, compressed('CHANGELOG.md'));
  // `nicwatch check` reads the database of the root it is pointed to, where dpkg-query may not run.
  put('usr/share/lintian/overrides/nicwatch', 'nicwatch: uses-dpkg-database-directly *\n');
  put(`${documents}/nicwatch.cjs.LEGAL.txt`, readFileSync('dist/nicwatch.cjs.LEGAL.txt'));
}

function put(path, content) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

function compressed(path) {
  return gzipSync(readFileSync(path), { level: 9 });
}

function control() {
  return `Package: nicwatch
Version: ${version}
Architecture: ${architecture}
Maintainer: ${maintainer}
Installed-Size: ${installedKibibytes()}
Depends: nodejs (>= ${npmPackage.engines.node.replace('>=', '')}), libc6 (>= ${libcVersion()})
Recommends: ethtool
Section: net
Priority: optional
Description: Prometheus exporter that watches network cards
 Exports to Prometheus what node_exporter does not: that the transmitter of
 a NIC hung, that packets arrive with wrong checksums, which offload flag is
 on with which driver and firmware, and what the kernel logged about it.
 .
 It changes nothing on the host and serves http://localhost:10140/metrics.
`;
}

/** Checksums for dpkg --verify. */
function checksums() {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => relative(root, path))
    .filter((path) => !path.startsWith('DEBIAN/') && !path.startsWith('etc/'))
    .toSorted()
    .map((path) => {
      const sum = createHash('md5')
        .update(readFileSync(join(root, path)))
        .digest('hex');
      return `${sum}  ${path}\n`;
    })
    .join('');
}

/** One entry, for the version that is packed; NEWS has what changed. */
function changelog() {
  const date = new Date(epoch * 1000).toUTCString().replace('GMT', '+0000');
  return `nicwatch (${version}) unstable; urgency=medium\n\n  * NEWS.gz says what changed.\n\n -- ${maintainer}  ${date}\n`;
}

/** The newest symbol version of libc that the native module needs. */
function libcVersion() {
  const native = `usr/lib/nicwatch/node_modules/@koromix/koffi-linux-${arch}/linux_${arch}/koffi.node`;
  const versions = readFileSync(join(root, native), 'latin1').matchAll(/GLIBC_2\.(\d+)/g);
  return `2.${Math.max(...[...versions].map(([, minor]) => Number(minor)))}`;
}

/** Installed-Size as in Debian: every file in whole kibibytes, everything else as one. */
function installedKibibytes() {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .map((entry) =>
      entry.isFile() ? Math.ceil(statSync(join(entry.parentPath, entry.name)).size / 1024) : 1,
    )
    .reduce((total, size) => total + size, 0);
}

/** Sets modes and times for a reproducible package. */
function normalize(directory, executables) {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isSymbolicLink()) {
      const isExecutable =
        entry.isDirectory() || executables.has(path) || path.endsWith('/nicwatch.cjs');
      chmodSync(path, isExecutable ? 0o755 : 0o644);
    }
    lutimesSync(path, epoch, epoch);
  }
  chmodSync(directory, 0o755);
  lutimesSync(directory, epoch, epoch);
}

function commitTime() {
  return execFileSync('git', ['log', '-1', '--format=%ct'], { encoding: 'utf8' }).trim();
}
