// The licenses of the packages that went into a bundle: most of them ask to go with every copy.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @param {readonly string[]} inputs paths of the files that were bundled, as esbuild's metafile names them */
export function licensesOf(inputs) {
  const packages = new Set(
    inputs.flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
  );
  return [...packages].toSorted().map(licenseOf).join('\n');
}

function licenseOf(directory) {
  const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json')));
  const file = readdirSync(directory).find((entry) => /^licen[cs]e(?:\.|$)/i.test(entry));
  // Some packages contain no license text.
  const text =
    file === undefined ? '' : `\n${readFileSync(join(directory, file), 'utf8').trim()}\n`;
  return `${'='.repeat(80)}\n${name} ${version} (${license})\n${text}`;
}
