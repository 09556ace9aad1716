import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';
import { parse } from 'yaml';

import { valueAt } from './support/value-at.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A value of a JSON or YAML file. */
function read(file: string, ...path: readonly string[]): unknown {
  const text = readFileSync(`${root}/${file}`, 'utf8');
  const value: unknown = file.endsWith('.json') ? JSON.parse(text) : parse(text);
  return valueAt(value, ...path);
}

test('every file has the version of package.json', () => {
  const version = read('package.json', 'version');
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  expect({
    lockfile: read('package-lock.json', 'version'),
    root: read('package-lock.json', 'packages', '', 'version'),
    chart: read('deploy/helm/nicwatch/Chart.yaml', 'version'),
    agent: read('deploy/helm/nicwatch/Chart.yaml', 'appVersion'),
    base: read('deploy/kubernetes/base/kustomization.yaml', 'images', '0', 'newTag'),
    mitigation: read('deploy/kubernetes/mitigation/kustomization.yaml', 'images', '0', 'newTag'),
    probe: read('deploy/kubernetes/probe/kustomization.yaml', 'images', '0', 'newTag'),
    acceptance: read('deploy/kubernetes/acceptance/kustomization.yaml', 'images', '0', 'newTag'),
  }).toEqual({
    lockfile: version,
    root: version,
    chart: version,
    agent: version,
    base: version,
    mitigation: version,
    probe: version,
    acceptance: version,
  });
});

test('CHANGELOG.md has what is not released first, then each release with its date', () => {
  const changes = readFileSync(`${root}/CHANGELOG.md`, 'utf8');
  const [unreleased, ...releases] = [...changes.matchAll(/^## (.*)$/gm)].map(([, title]) => title);
  expect(unreleased).toBe('[Unreleased]');
  expect(releases).toContain('[0.2.0] - 2026-11-21');
  for (const release of releases) {
    expect(release).toMatch(/^\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}$/);
  }
});
