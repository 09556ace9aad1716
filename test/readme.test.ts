import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(`${root}/README.md`, 'utf8');
const manual = readFileSync(`${root}/docs/nicwatch.1`, 'utf8').replaceAll(String.raw`\-`, '-');

/** Commands of the quick start that need no agent, with what the page says they print. */
const searches = [...readme.matchAll(/^ *\$ (grep .*)\n((?: {3}.+\n)+?) {3}```$/gm)].map(
  ([, command = '', output = '']) => ({ command, output: output.replaceAll(/^ {3}/gm, '') }),
);

test('the quick start looks up a metric and its alert', () => {
  expect(searches).toHaveLength(2);
});

test.each(searches)('the quick start says what `$command` prints', async ({ command, output }) => {
  const { stdout } = await execa('sh', ['-c', command], { cwd: root });
  expect(`${stdout}\n`).toBe(output);
});

const collectors = [...manual.matchAll(/^\.B --collector\.(?!disable)([a-z-]+)\n(.*)$/gm)].map(
  ([, name = '', description = '']) => ({ name, isOn: description.endsWith('(default: enabled)') }),
);
const byDefault = collectors.filter(({ isOn }) => isOn).map(({ name }) => name);

test('the quick start shows every collector that is on by default', () => {
  const shown = [...readme.matchAll(/nicwatch_collector_success\{collector="([^"]+)"\} 1/g)];
  expect(shown.map(([, name]) => name)).toEqual(byDefault);
  expect(readme).toContain(`collectors="${byDefault.join(',')}"`);
  expect(readme).toContain(byDefault.map((name) => `\`${name}\``).join(', '));
});

test('the configuration lists every flag', () => {
  const flags = [...manual.matchAll(/^\.B (?:-h, )?(--[a-z][\w.-]+)/gm)]
    .map(([, flag = '']) => flag)
    .filter((flag) => !byDefault.includes(flag.replace('--collector.', '')));
  expect(flags.length).toBeGreaterThan(20);
  const unlisted = flags.filter(
    (flag) => !readme.includes(`| \`${flag}\``) && !readme.includes(`, \`${flag}\``),
  );
  expect(unlisted).toEqual([]);
});

test('the container is given what the head of the Dockerfile explains', () => {
  const [head = ''] = readFileSync(`${root}/Dockerfile`, 'utf8').split(/\n(?!#)/);
  const [, line = ''] = /^docker build .* && docker run --rm (.* nicwatch .*)$/m.exec(readme) ?? [];
  const flags = line.split(' ').filter((word) => word !== 'nicwatch');
  expect(flags).toContain('--network=host');
  expect(flags.filter((flag) => !head.includes(flag))).toEqual([]);
});

test('the figures stand between marks by which they can be replaced', () => {
  expect(readme.match(/<!-- performance -->|<!-- end -->/g)).toEqual([
    '<!-- performance -->',
    '<!-- end -->',
  ]);
});

test('the guide for contributors names every Debian package that npm test installs', () => {
  const guide = readFileSync(`${root}/CONTRIBUTING.md`, 'utf8').replaceAll('\n', ' ');
  const [, named = ''] =
    /installs those of these Debian packages that are missing: (.*?)\. /.exec(guide) ?? [];
  const [, pairs = ''] =
    /^ensure_commands ((?:.*\\\n)*.*)$/m.exec(readFileSync(`${root}/scripts/test.sh`, 'utf8')) ??
    [];
  const installed = [...pairs.matchAll(/:([\w-]+)/g)].map(([, name = '']) => name);
  expect(installed).toContain('gcc');
  expect(named.split(/, | and /).toSorted()).toEqual([...new Set(installed)].toSorted());
});
