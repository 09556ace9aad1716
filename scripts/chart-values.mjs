// Writes the table of values into the README of the Helm chart, from the comments of values.yaml: `npm run chart`.
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import { isMap, parseDocument } from 'yaml';

const chart = new URL('../deploy/helm/nicwatch/', import.meta.url);
const readme = new URL('README.md', chart);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(readme, readmeWithValues(readFileSync(readme, 'utf8')));
}

/** The README with an updated table between its markers. */
export function readmeWithValues(text) {
  const rows = valuesOf(
    parseDocument(readFileSync(new URL('values.yaml', chart), 'utf8')).contents,
  );
  const table = [
    '| Key | Type | Default | Description |',
    '| --- | --- | --- | --- |',
    ...rows.map(
      ({ key, value, description }) =>
        `| \`${key}\` | ${typeOf(value)} | \`${JSON.stringify(value)}\` | ${description} |`,
    ),
  ].join('\n');
  return text.replace(
    /(<!-- values -->\n).*?(\n<!-- end -->)/s,
    (_all, start, end) => `${start}\n${table}\n${end}`,
  );
}

/** Every key with a comment that begins with two hyphens, and its default. */
function valuesOf(map, prefix = '') {
  return map.items.flatMap(({ key, value }, index) => {
    const name = `${prefix}${key.value}`;
    // The comment before the first key of a map is the map's own.
    const comment = key.commentBefore ?? (index === 0 ? map.commentBefore : undefined);
    const description = comment
      ?.match(/-- (.*)$/s)?.[1]
      .replaceAll(/\n\s*/g, ' ')
      .trim();
    if (description !== undefined) {
      return [{ key: name, value: value.toJSON(), description }];
    }
    if (!isMap(value)) {
      throw new Error(`values.yaml: ${name} has no description`);
    }
    return valuesOf(value, `${name}.`);
  });
}

function typeOf(value) {
  if (Array.isArray(value)) {
    return 'list';
  }
  return typeof value === 'number' ? 'int' : typeof value === 'boolean' ? 'bool' : typeof value;
}
