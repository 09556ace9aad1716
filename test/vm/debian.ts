import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import process from 'node:process';

import { execa } from 'execa';

/** Where downloads and machines are kept, from the root of the repository. */
export const cacheFolder = '.cache/vm';

const systemSources = '/etc/apt/sources.list.d/debian.sources';
const listedPackages = 'packages.txt';

export interface PackagesOptions {
  /** Name of the folder in the cache. */
  readonly name: string;
  readonly suite: string;
  readonly packages: readonly string[];
  /** Whether what they depend on is unpacked too, down to the C library. */
  readonly withDependencies: boolean;
}

/** Debian packages, unpacked. */
export interface UnpackedPackages {
  readonly folder: string;
  /** By name, such as `1:10.0.11+ds-0+deb13u1`. */
  readonly versions: ReadonlyMap<string, string>;
}

/** Why nothing can be downloaded; undefined where it can. */
export function debianProblem(): string | undefined {
  return existsSync(systemSources) ? undefined : `needs a Debian with ${systemSources}`;
}

/** Whether packages are in the cache. */
export function isUnpacked({ name }: PackagesOptions): boolean {
  return existsSync(join(cacheFolder, name));
}

/**
 * Unpacks Debian packages into a folder of the cache, once. Nothing is installed, and the package lists of the system are
 * neither read nor changed.
 *
 * @throws {Error} with what apt-get said.
 */
export async function unpackPackages(options: PackagesOptions): Promise<UnpackedPackages> {
  const folder = join(cacheFolder, options.name);
  if (!isUnpacked(options)) {
    console.error(`nicwatch: fetching ${options.packages.join(', ')} of Debian ${options.suite}`);
    await mkdir(cacheFolder, { recursive: true });
    const work = await mkdtemp(join(cacheFolder, 'download-'));
    try {
      await download(work, options);
      await rename(join(work, 'root'), folder);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  const lines = (await readFile(join(folder, listedPackages), 'utf8')).trimEnd().split('\n');
  return {
    folder,
    versions: new Map(
      lines.map((line) => {
        const [name = '', version = ''] = line.split(' ');
        return [name, version];
      }),
    ),
  };
}

async function download(
  work: string,
  { suite, packages, withDependencies }: PackagesOptions,
): Promise<void> {
  const archives = join(work, 'cache', 'archives');
  const root = join(work, 'root');
  await mkdir(join(work, 'lists', 'partial'), { recursive: true });
  await mkdir(join(archives, 'partial'), { recursive: true });
  await mkdir(root);
  // As if nothing were installed.
  await writeFile(join(work, 'status'), '');
  const [system = ''] = (await readFile(systemSources, 'utf8')).split('\n\n');
  await writeFile(
    join(work, 'debian.sources'),
    `${system.replace(/^Suites:.*$/m, `Suites: ${suite}`)}\n`,
  );
  const apt = async (command: string, ...argv: readonly string[]): Promise<string> => {
    const settings = [
      `Dir::State::status=${join(process.cwd(), work, 'status')}`,
      `Dir::State::lists=${join(process.cwd(), work, 'lists')}`,
      `Dir::Cache=${join(process.cwd(), work, 'cache')}`,
      `Dir::Etc::sourcelist=${join(process.cwd(), work, 'debian.sources')}`,
      'Dir::Etc::sourceparts=/dev/null',
      'Dir::Etc::preferencesparts=/dev/null',
      'Debug::NoLocking=true',
      'APT::Sandbox::User=root',
    ].flatMap((setting) => ['-o', setting]);
    const { stdout } = await execa(command, [...settings, ...argv], {
      cwd: archives,
      env: { LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
      timeout: 300_000,
    });
    return stdout;
  };
  await apt('apt-get', '-qq', 'update');
  if (withDependencies) {
    const flags = ['-qq', '-y', '--download-only', '--no-install-recommends'];
    await apt('apt-get', ...flags, 'install', ...packages);
  } else {
    await apt('apt-get', '-qq', 'download', ...(await resolveMetapackages(apt, packages)));
  }
  const files = (await readdir(archives)).filter((file) => file.endsWith('.deb')).toSorted();
  for (const file of files) {
    await execa('dpkg-deb', ['--extract', join(archives, file), root]);
  }
  await writeFile(join(root, listedPackages), `${files.map(nameAndVersion).join('\n')}\n`);
}

/** `linux-image-amd64` only depends on the kernel of the suite. */
async function resolveMetapackages(
  apt: (command: string, ...argv: readonly string[]) => Promise<string>,
  packages: readonly string[],
): Promise<readonly string[]> {
  const printed = await apt('apt-cache', 'depends', '--important', ...packages);
  const depends = [...printed.matchAll(/^ +(?:Pre)?Depends: (linux-image-\S+)$/gm)];
  return depends.length === 0 ? packages : depends.map(([, name = '']) => name);
}

/** `seabios_1.16.3-2_all.deb`; apt writes a colon as `%3a`. */
function nameAndVersion(file: string): string {
  const [name = '', version = ''] = basename(file).split('_');
  return `${name} ${decodeURIComponent(version)}`;
}
