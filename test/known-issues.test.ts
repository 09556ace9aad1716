import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { knownIssues } from '../src/catalogue/known-issues.ts';
import { parseKnownIssues } from '../src/config/known-issues.ts';
import type { KnownIssue } from '../src/model/known-issue.ts';

test('the built-in issues pass the validation of user files', () => {
  // JSON is YAML too. The file has one driver and one source for each.
  const entries = knownIssues.map(({ drivers, sources, firmware, kernel, ...issue }) => ({
    ...issue,
    driver: drivers[0],
    source: sources[0],
    ...(firmware && { firmware }),
    ...(kernel && { kernel }),
  }));
  expect(entries.length).toBeGreaterThanOrEqual(15);
  expect(parse(JSON.stringify({ known_issues: entries }))).toEqual(
    knownIssues.map(({ sources: [source], ...issue }) => ({ ...issue, sources: [source] })),
  );
});

test('every issue has a source, and a command where a feature exposes it', () => {
  const withoutSource = knownIssues.filter(({ sources }) => sources.length === 0);
  const withoutCommand = knownIssues.filter(
    ({ features, mitigation }) =>
      features.length > 0 && !/^ethtool -K DEVICE .* off$/.test(mitigation),
  );
  expect([...withoutSource, ...withoutCommand]).toEqual([]);
});

test('the examples of the documentation are valid', () => {
  const page = readFileSync(new URL('../docs/known-issues.md', import.meta.url), 'utf8');
  const taken = knownIssues.map(({ id }) => id);
  const examples = [...page.matchAll(/```yaml\n([^]*?)```/g)].flatMap(([, example = '']) =>
    parse(example, taken),
  );
  expect(examples).toMatchObject([
    { drivers: ['i40e'], firmware: { from: '8.30', below: '8.50' } },
    { drivers: ['i40e'], required: 'off', device: /^(?:en.*)$/ },
  ]);
});

function parse(text: string, taken: readonly string[] = []): readonly KnownIssue[] {
  return parseKnownIssues(text, { file: 'issues.yml', taken: new Set(taken) });
}
