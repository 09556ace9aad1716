import { readFileSync } from 'node:fs';

import { execa } from 'execa';
import { createGenerator } from 'ts-json-schema-generator';
import { expect, test } from 'vitest';

import { generated } from '../scripts/pages/index.ts';
import { agentMetrics } from '../src/agent/agent-families.ts';
import { configMetrics } from '../src/agent/config-families.ts';
import { processMetrics } from '../src/agent/process-families.ts';
import { collectorDefinitions } from '../src/collectors/index.ts';
import { probeMetrics } from '../src/probe/mesh-metrics.ts';
import { commandProblem, skipNote } from './support/requirements.ts';

const problem = commandProblem('groff');

test.each([...generated.docs()])('%s is what `npm run docs` makes of the code', (file, text) => {
  expect(readFileSync(file, 'utf8')).toBe(text);
});

test.each([
  ['check', 'CheckResponse', 'nicwatch check'],
  ['probe', 'ProbeResponse', 'nicwatch probe run'],
])('docs/%s.schema.json is the schema %s of what %s prints', async (name, type) => {
  const schema = createGenerator({
    path: new URL(`../src/model/${name}-report.ts`, import.meta.url).pathname,
    type,
    topRef: false,
    skipTypeCheck: true,
  }).createSchema(type);
  await expect(`${JSON.stringify(schema, undefined, 2)}\n`).toMatchFileSnapshot(
    `../docs/${name}.schema.json`,
  );
});

test('every metric has a unique name that follows the rules of Prometheus', () => {
  const metrics = [
    ...collectorDefinitions.flatMap(({ metrics: own }) => own),
    ...agentMetrics,
    ...processMetrics,
    ...configMetrics,
    ...probeMetrics,
  ];
  const names = metrics.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, type, help } of metrics) {
    expect(name).toMatch(/^(?:nic|nicwatch|process)_[a-z_]+$/);
    expect(name.endsWith('_total'), name).toBe(type === 'counter');
    expect(help, name).toMatch(/\.$/);
  }
  // OpenMetrics names a counter without the suffix.
  const families = names.map((name) => name.replace(/_total$/, ''));
  expect(new Set(families).size).toBe(names.length);
});

test.skipIf(problem !== undefined)(
  `docs/nicwatch.1 is formatted without a warning${skipNote(problem)}`,
  async () => {
    const { stdout, stderr } = await execa('groff', [
      '-man',
      '-Tutf8',
      '-P-cbou',
      '-ww',
      '-b',
      'docs/nicwatch.1',
    ]);
    expect(stderr).toBe('');
    expect(stdout).toContain('SEE ALSO');
  },
);
