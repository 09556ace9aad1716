// What the agent needs at run time beside Node.js and ethtool: what was built, and koffi with this platform's binary only.
// `node scripts/runtime-files.mjs DIRECTORY` copies it.
import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const platform = `linux-${process.arch}`;
const native = `node_modules/@koromix/koffi-${platform}`;

const modules = [
  'node_modules/koffi/package.json',
  'node_modules/koffi/LICENSE.txt',
  'node_modules/koffi/index.js',
  'node_modules/koffi/src/koffi/index.js',
  'node_modules/koffi/src/koffi/src/static.js',
  `${native}/package.json`,
  `${native}/index.js`,
  `${native}/linux_${process.arch}/koffi.node`,
];

const [, script, target] = process.argv;
if (script === fileURLToPath(import.meta.url)) {
  copyRuntimeFiles(target);
}

/** Copies it into a directory, from which the agent can then be run. */
export function copyRuntimeFiles(directory) {
  const built = readdirSync('dist').filter((name) => /\.[cm]js$/.test(name));
  for (const [from, to] of [
    ...built.map((name) => [`dist/${name}`, name]),
    ...modules.map((path) => [path, path]),
  ]) {
    if (!existsSync(from)) {
      throw new Error(`${from} is missing; npm ci makes it`);
    }
    mkdirSync(dirname(join(directory, to)), { recursive: true });
    cpSync(from, join(directory, to), { dereference: true });
  }
}
