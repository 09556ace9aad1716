import { buildSync } from 'esbuild';

/** Bundles the thread that compares passwords into a text, which the agent carries within itself. */
export function bundlePasswordWorker() {
  const { outputFiles } = buildSync({
    entryPoints: ['src/server/password-worker.ts'],
    write: false,
    bundle: true,
    minify: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    // The license of bcryptjs stays with its code.
    legalComments: 'inline',
  });
  return outputFiles[0].text;
}
