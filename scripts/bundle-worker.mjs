import { buildSync } from 'esbuild';

/** Bundles the thread that compares passwords into a text, which the agent carries within itself, and tells what is in it. */
export function bundlePasswordWorker() {
  const { outputFiles, metafile } = buildSync({
    entryPoints: ['src/web-config/password-worker.ts'],
    write: false,
    bundle: true,
    minify: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    legalComments: 'none',
    metafile: true,
  });
  return { text: outputFiles[0].text, inputs: Object.keys(metafile.inputs) };
}
