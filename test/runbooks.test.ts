import { existsSync, readFileSync } from 'node:fs';

import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import { curatedOffloadFeatures } from '../src/catalogue/offload-names.ts';
import { expressionNames } from './support/promql.ts';
import { readRules } from './support/rules.ts';
import { runbookPages, runbookQueries, runbooksFolder } from './support/runbooks.ts';

const pages = runbookPages();
const rules = readRules();
const alertPages = pages.filter(([file]) =>
  rules.some(({ kind, name }) => kind === 'alert' && file === `${name}.md`),
);
const metricsPage = readFileSync(new URL('../docs/metrics.md', import.meta.url), 'utf8');
/** Names ethtool takes beside those it prints. */
const shortFeatures = ['tso', 'gso', 'gro', 'tx', 'rx'];
/** What no offload setting helps against. */
const withoutOffloads = new Set([
  'NICDeviceLost.md',
  'NICDeadLoopSustained.md',
  'NICWatchCollectorFailing.md',
  'NICWatchKernelLogBlind.md',
  'NICProbeCoverageLow.md',
]);
const sections = [
  'What it means',
  'Confirm',
  'Do now',
  'Make it last',
  'Verify',
  'When it is not the cause',
];

test('there is exactly one page per alert', () => {
  const names = rules.filter(({ kind }) => kind === 'alert').map(({ name }) => `${name}.md`);
  const shared = [
    'README.md',
    'drill.md',
    'hang-playbook.md',
    'vxlan-playbook.md',
    'link-down.md',
    'persist-offloads.md',
  ];
  expect(pages.map(([file]) => file).toSorted()).toEqual([...names, ...shared].toSorted());
});

test('the index lists every page', () => {
  const index = pages.find(([file]) => file === 'README.md')?.[1];
  for (const [file] of pages.filter(([name]) => name !== 'README.md')) {
    expect(index).toContain(`](${file})`);
  }
});

describe.each(alertPages)('%s', (file, page) => {
  test('has its sections: what it is, what to do, other causes', () => {
    expect(page).toMatch(new RegExp(`^# ${file.replace('.md', '')}\n\n[A-Z]`));
    expect([...page.matchAll(/^## (.*)$/gm)].map(([, title]) => title)).toEqual(sections);
    expect(page).toContain('ethtool -K');
    expect(page.includes('](persist-offloads.md)')).toBe(!withoutOffloads.has(file));
  });

  test('has commands that a shell can read', async () => {
    const commands = indentedBlocks(page);
    expect(commands).not.toEqual([]);
    for (const command of commands) {
      await execa('bash', ['-n'], { input: command });
    }
  });
});

describe.each(pages)('%s', (_, page) => {
  test('links only to existing pages', () => {
    for (const [, target = ''] of page.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      expect(existsSync(runbooksFolder + target), target).toBe(true);
    }
  });

  test('names only existing metrics', () => {
    const recorded = rules.filter(({ kind }) => kind === 'record').map(({ name }) => name);
    const metrics = [...page.matchAll(/(?<![\w:^])nic(?:watch)?_[a-z_]+\w/g)].map(([name]) => name);
    const queried = runbookQueries(page).flatMap((query) =>
      expressionNames(query).selectors.map(({ metric }) => metric),
    );
    for (const metric of [...metrics, ...queried]) {
      expect(
        metricsPage.includes(`\`${metric}\``) ||
          [...recorded, 'up', 'grpc_client_handled_total'].includes(metric),
        metric,
      ).toBe(true);
    }
  });

  test('uses offload names known to ethtool', () => {
    for (const [, arguments_ = ''] of page.matchAll(
      /ethtool -K (?:\$IFACE|\$\{DEVICE\}|\$name|[a-z][\w.]*) ((?:\S+ (?:on|off)(?: |\b))+)/g,
    )) {
      for (const [, feature = ''] of arguments_.matchAll(/(\S+) (?:on|off)/g)) {
        expect([...curatedOffloadFeatures, ...shortFeatures]).toContain(feature);
      }
    }
  });
});

test('persist-offloads.md has valid YAML', () => {
  const page = pages.find(([file]) => file === 'persist-offloads.md')?.[1] ?? '';
  const blocks = indentedBlocks(page).filter((block) => block.startsWith('network:'));
  expect(blocks.map((block) => parse(block))).toEqual([
    { network: expect.objectContaining({ renderer: 'networkd' }) },
  ]);
});

test('persist-offloads.md names the label by which the mitigation chooses its nodes', () => {
  const page = pages.find(([file]) => file === 'persist-offloads.md')?.[1] ?? '';
  const manifest = new URL('../deploy/kubernetes/mitigation/daemonset.yaml', import.meta.url);
  const selector = /nodeSelector:\n(?: +.*\n)*? +(nicwatch\/[\w-]+): '(\w+)'/.exec(
    readFileSync(manifest, 'utf8'),
  );
  expect(page).toContain(`kubectl label node NODE ${selector?.[1]}=${selector?.[2]}`);
});

/** Blocks that stand four spaces to the right, without those. */
function indentedBlocks(page: string): readonly string[] {
  return [...page.matchAll(/(?<=\n\n)(?: {4}.*\n(?:\n(?= {4}))?)+/g)].map(([block]) =>
    block.replaceAll(/^ {4}/gm, ''),
  );
}
