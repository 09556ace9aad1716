// Bundles nicwatch into one file with its source map.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import process from 'node:process';

import { build } from 'esbuild';

import { bundlePasswordWorker } from './bundle-worker.mjs';
import { licensesOf } from './licenses.mjs';
import { readVersion } from './version.mjs';

const passwordWorker = bundlePasswordWorker();

// What an older build left is not to be packed.
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
  // What the comments say stands in the licenses, in full.
  legalComments: 'none',
  metafile: true,
  // The text stays in memory. Names are kept, for the stacks of errors.
  minifyWhitespace: true,
  minifySyntax: true,
  // Native: it stays a package beside the bundle, and the agent does without where it is not there.
  external: [
    'koffi',
    // fastify asks for these only where routes have schemas, and where requests are made without a network.
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

/** The commit the build is of: from the environment where there is no repository, as in a container build. */
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
