// Bundles nicwatch into one ESM file with its source map.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';

import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

await build({
  entryPoints: { nicwatch: 'src/main.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'linked',
  // Native: it stays a package beside the bundle, and the agent does without where it is not there.
  external: ['koffi'],
  // CommonJS packages in the bundle still ask for Node's own modules with require().
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  define: {
    nicwatchVersion: JSON.stringify(version),
    nicwatchRevision: JSON.stringify(revision()),
  },
});

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
