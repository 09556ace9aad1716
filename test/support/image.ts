import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';

import { commandPath, namespaceProblem } from './requirements.ts';
import { listAt, valueAt } from './value-at.ts';
import { installDebian } from './debian-root.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const base = 'localhost/nicwatch-base';
const name = 'localhost/nicwatch';
const overlayMagic = 0x79_4c_76_30;

/** An image that the Dockerfile was built to. */
export interface Image {
  /** Where its root is mounted. */
  readonly root: string;
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly healthcheck: readonly string[];
  delete(): Promise<void>;
}

/** Why an image cannot be built here; undefined when it can. */
export function imageProblem(): string | undefined {
  return namespaceProblem('buildah', 'chroot', 'mmdebstrap', 'setpriv', 'unshare');
}

/**
 * Builds the Dockerfile with buildah. The base is made of Debian's packages and the Node.js that runs the tests, for that
 * of the Dockerfile is in a registry of images.
 */
export async function buildImage(version: string): Promise<Image> {
  const folder = mkdtempSync(join(tmpdir(), 'nicwatch-image-'));
  // The kernel has no overlay on an overlay, such as the root of a container.
  const driver = statfsSync(folder).type === overlayMagic ? 'vfs' : 'overlay';
  const store = [`--root=${folder}/store`, `--runroot=${folder}/run`, `--storage-driver=${driver}`];
  const buildah = async (...argv: readonly string[]): Promise<string> =>
    (await execa('buildah', [...store, ...argv], { cwd: repository, stdin: 'ignore' })).stdout;
  const remove = async (): Promise<void> => {
    await buildah('rm', '--all');
    rmSync(folder, { recursive: true });
  };
  try {
    const container = await buildah('from', 'scratch');
    await fillBase(await buildah('mount', container));
    await buildah(
      'config',
      '--env=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      container,
    );
    await buildah('commit', '--rm', container, base);
    await buildah(
      'build',
      '--isolation=chroot',
      '--format=docker',
      `--build-arg=BASE=${base}`,
      `--build-arg=VERSION=${version}`,
      `--tag=${name}`,
      '.',
    );
    const inspected: unknown = JSON.parse(await buildah('inspect', '--type=image', name));
    const config = valueAt(inspected, 'Docker', 'config');
    return {
      root: await buildah('mount', await buildah('from', name)),
      user: String(valueAt(config, 'User')),
      entrypoint: listAt(config, 'Entrypoint').map(String),
      environment: Object.fromEntries(
        listAt(config, 'Env').map((line) => {
          const [variable = '', value = ''] = String(line).split(/=(.*)/s);
          return [variable, value];
        }),
      ),
      healthcheck: listAt(config, 'Healthcheck', 'Test').map(String).slice(1),
      delete: remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Makes the root of the base: Debian, Node.js with npm as it is configured here, and the user node. */
async function fillBase(root: string): Promise<void> {
  await installDebian(root, { suite: 'bookworm', packages: ['passwd'] });
  await execa('chroot', [root, 'useradd', '--uid=1000', '--create-home', 'node']);
  const local = join(root, 'usr/local');
  copyFileSync(process.execPath, join(local, 'bin/node'));
  const npm = join('lib/node_modules/npm', 'bin/npm-cli.js');
  const installed = realpathSync(commandPath('npm') ?? '');
  cpSync(join(installed, '../..'), join(local, npm, '../..'), { recursive: true });
  symlinkSync(join('..', npm), join(local, 'bin/npm'));
  const certificates = await npmSetting('cafile');
  const settings = [`registry=${await npmSetting('registry')}`];
  if (certificates !== 'null') {
    settings.push('cafile=/etc/npm-certificates.crt');
    copyFileSync(certificates, join(root, 'etc/npm-certificates.crt'));
  }
  mkdirSync(join(local, 'etc'), { recursive: true });
  writeFileSync(join(local, 'etc/npmrc'), `${settings.join('\n')}\n`);
}

async function npmSetting(key: string): Promise<string> {
  return (await execa('npm', ['config', 'get', key])).stdout;
}
