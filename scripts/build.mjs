// Bundles nicwatch into one file with its source map.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import process from 'node:process';

import { build } from 'esbuild';

import { bundlePasswordWorker } from './bundle-worker.mjs';
import { licensesOf } from './licenses.mjs';
import { readVersion } from './version.mjs';

const passwordWorker = bundlePasswordWorker();

// Files of an older build must not be packed.
rmSync('dist', { recursive: true, force: true });

const { metafile } = await build({
  entryPoints: { nicwatch: 'src/start.ts' },
  outdir: 'dist',
  // CommonJS, because Node.js uses its pool of threads to load anything else, and then the pool has its size.
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  sourcemap: true,
  sourcesContent: false,
  // Legal comments are omitted: the licenses are included in full.
  legalComments: 'none',
  metafile: true,
  // Minified, since the source remains in memory. Names are kept for stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  // Native and optional: it remains a separate package.
  external: [
    'koffi',
    // fastify needs these only for routes with schemas and for injected requests.
    '@fastify/ajv-compiler',
    '@fastify/fast-json-stringify-compiler',
    'light-my-request',
  ],
  define: {
    nicwatchVersion: JSON.stringify(readVersion()),
    nicwatchRevision: JSON.stringify(revision()),
    nicwatchPasswordWorker: JSON.stringify(passwordWorker.text),
  },
});

writeFileSync(
  'dist/nicwatch.cjs.LEGAL.txt',
  licensesOf([...Object.keys(metafile.inputs), ...passwordWorker.inputs]),
);

/** The commit of the build, from the environment if there is no repository, as in a container build. */
function revision() {
  if (process.env.NICWATCH_REVISION) {
    return process.env.NICWATCH_REVISION;
  }
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}
