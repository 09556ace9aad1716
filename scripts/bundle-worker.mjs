import { buildSync } from 'esbuild';

/** Bundles the password worker into a string, which is embedded in the agent, and returns the list of its inputs. */
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
