import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const repository = 'https://github.com/nicwatch/nicwatch';
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'alerts/README.md',
  'deploy/helm/nicwatch/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
].toSorted();

describe.each(pages)('%s', (page) => {
  const targets = linkTargets(readPage(page));

  test('links to files and headings there are', () => {
    const broken = targets.filter((target) => !isExternal(target) && !leadsSomewhere(page, target));
    expect(broken).toEqual([]);
  });

  test('links elsewhere by well-formed addresses', () => {
    const malformed = targets.filter((target) => isExternal(target) && !isWellFormed(target));
    expect(malformed).toEqual([]);
  });
});

describe('linkTargets', () => {
  test.each([
    {
      text: 'see [a](b.md#c) and [d](https://e.example/f)',
      targets: ['b.md#c', 'https://e.example/f'],
    },
    { text: '[![picture](a.png)](b.md)', targets: ['a.png', 'b.md'] },
    { text: '`[a](b.md)` and <https://e.example/>', targets: ['https://e.example/'] },
    { text: '```sh\n[a](b.md)\n```\n\n    [c](d.md)\n', targets: [] },
    { text: '[a]: b.md', targets: ['b.md'] },
  ])('linkTargets() finds $targets', ({ text, targets }) => {
    expect(linkTargets(text)).toEqual(targets);
  });
});

describe('headingAnchors', () => {
  test.each([
    { text: '# What `nic_link_up` is, and why?', anchors: ['what-nic_link_up-is-and-why'] },
    { text: '## One\n\n## One', anchors: ['one', 'one-1'] },
    { text: '## See [docs](docs/a.md)', anchors: ['see-docs'] },
    { text: '```sh\n# a comment\n```', anchors: [] },
  ])('headingAnchors() makes $anchors', ({ text, anchors }) => {
    expect(headingAnchors(text)).toEqual(anchors);
  });
});

function readPage(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

/** Where the links and pictures of a page lead, in its order; code holds none. */
function linkTargets(markdown: string): readonly string[] {
  const text = withoutCodeBlocks(markdown).replaceAll(/`[^`\n]*`/g, '');
  return [
    ...text.matchAll(/\]\(\s*<?([^\s)>]+)|^\[[^\]]+\]:\s*(\S+)|<(https?:\/\/[^\s>]+)>/gm),
  ].map(([, inline, reference, bare]) => inline ?? reference ?? bare ?? '');
}

/** The anchors GitHub gives the headings of a page. */
function headingAnchors(markdown: string): readonly string[] {
  const seen = new Map<string, number>();
  return [...withoutCodeBlocks(markdown).matchAll(/^#{1,6} +(.*?)(?: +#+)?$/gm)].map(
    ([, heading = '']) => {
      const slug = heading
        .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-');
      const count = seen.get(slug) ?? 0;
      seen.set(slug, count + 1);
      return count === 0 ? slug : `${slug}-${count}`;
    },
  );
}

function withoutCodeBlocks(markdown: string): string {
  return markdown
    .replaceAll(/^( *)(`{3,}|~{3,})[^\n]*\n(?:[\s\S]*?\n)?\1\2 *$/gm, '')
    .replaceAll(/(?<=^|\n\n)(?: {4}\S[^\n]*\n?(?:\n(?= {4}))?)+/g, '');
}

/** Addresses of this repository count as links within it: they are the same files on the default branch. */
function isExternal(target: string): boolean {
  return /^[a-z][a-z+.-]*:/i.test(target) && localPath(target) === undefined;
}

function isWellFormed(target: string): boolean {
  return (
    URL.canParse(target) &&
    /^https:\/\/[a-z\d-]+(?:\.[a-z\d-]+)+(?:[/?#]|$)/i.test(target) &&
    !/[\s"<>\\^`{|}]/.test(target)
  );
}

function leadsSomewhere(page: string, target: string): boolean {
  const [path = '', anchor] = (localPath(target) ?? relativeTo(page, target)).split('#');
  if (path.startsWith('..') || !existsSync(join(root, path))) {
    return false;
  }
  return anchor === undefined || headingAnchors(readPage(path)).includes(anchor);
}

/** The file an address of this repository stands for, with its anchor; undefined for any other address. */
function localPath(target: string): string | undefined {
  const rest = target.startsWith(repository) ? target.slice(repository.length) : undefined;
  return rest === undefined || /^\/(?!blob\/main\/|tree\/main\/)./.test(rest)
    ? undefined
    : rest.replace(/^\/(?:blob|tree)\/main\//, '').replace(/^\/?(?=#|$)/, 'README.md');
}

function relativeTo(page: string, target: string): string {
  return target.startsWith('#')
    ? `${page}${target}`
    : relative(root, join(root, dirname(page), target));
}
