// The runtime files of the agent, besides Node.js and ethtool: the build, and koffi with this platform's binary only.
// `node scripts/runtime-files.mjs DIRECTORY` copies it.
import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const [, script, target] = process.argv;
if (script === fileURLToPath(import.meta.url)) {
  copyRuntimeFiles(target);
}

/**
 * Copies it into a directory, from which the agent can then be run on that architecture, by the name Node.js has for it.
 * `modules` is the directory its npm packages are installed in.
 */
export function copyRuntimeFiles(
  directory,
  { arch = process.arch, modules = 'node_modules' } = {},
) {
  const built = readdirSync('dist').filter((name) => /\.[cm]js$/.test(name));
  for (const [from, to] of [
    ...built.map((name) => [`dist/${name}`, name]),
    ...modulesOf(arch).map((path) => [join(modules, path), join('node_modules', path)]),
  ]) {
    if (!existsSync(from)) {
      throw new Error(`${from} is missing; npm ci makes it`);
    }
    mkdirSync(dirname(join(directory, to)), { recursive: true });
    cpSync(from, join(directory, to), { dereference: true });
  }
}

function modulesOf(arch) {
  const native = `@koromix/koffi-linux-${arch}`;
  return [
    'koffi/package.json',
    'koffi/LICENSE.txt',
    'koffi/index.js',
    'koffi/src/koffi/index.js',
    'koffi/src/koffi/src/static.js',
    `${native}/package.json`,
    `${native}/index.js`,
    `${native}/linux_${arch}/koffi.node`,
  ];
}
