import process from 'node:process';

import { describe, expect, test } from 'vitest';

import { parseYaml } from './yaml-value.ts';

describe('parseYaml()', () => {
  test.each([
    { what: 'lists in lists', text: '['.repeat(100_000) },
    { what: 'some hundred lists in lists', text: `${'['.repeat(800)}${']'.repeat(800)}` },
    { what: 'mappings in mappings', text: '{a: '.repeat(30_000) },
    { what: 'lists in lists of blocks', text: '- '.repeat(60_000) },
    { what: 'keys of keys', text: '? '.repeat(60_000) },
  ])('rejects deep nesting: $what', ({ text }) => {
    expect(() => parseYaml(text, 'a.yml')).toThrow(
      'a.yml:1: expected YAML that is nested at most 100 deep',
    );
  });

  test('rejects a file that is too long', () => {
    expect(() => parseYaml(`a: b #${' '.repeat(132_000)}`, 'a.yml')).toThrow(
      'a.yml:1: expected at most 131072 characters, got 132006',
    );
  });

  test.each([
    ['a: !js/function x', 'a.yml:1: Unresolved tag'],
    ['%FOO x\n---\na: b\n', 'a.yml:1: Unknown directive'],
    [`a: !${'x'.repeat(1000)} b`, 'a.yml:1: Unresolved tag'],
  ])('takes a warning for a mistake: %s', (text, message) => {
    expect(() => parseYaml(text, 'a.yml')).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^.{1,220}$/) }),
    );
    expect(() => parseYaml(text, 'a.yml')).toThrow(message);
  });

  test('names a key with special characters as JSON, cut when long', () => {
    const text = `a:\n  ? "${'x\\n'.repeat(1000)}"\n  : b\n`;
    expect(() => parseYaml(text, 'a.yml').entries().get('a')?.fields(['c'])).toThrow(
      `a.yml:2: a.${JSON.stringify(`${'x\n'.repeat(60)}…`)}: unknown field, expected c`,
    );
  });

  test('resolves each alias to the previous anchor', () => {
    const text = 'a: &x one\nb: *x\nc: &x two\nd: [*x]\n';
    const values = parseYaml(text, 'a.yml').entries();
    expect(values.get('b')?.parse(String)).toBe('one');
    expect(
      values
        .get('d')
        ?.items()
        .map((item) => item.parse(String)),
    ).toEqual(['two']);
  });

  test('resolves aliases in linear time', () => {
    const startedAt = process.cpuUsage();
    const list = parseYaml(`a: [&x b, ${'*x ,'.repeat(30_000)}]`, 'a.yml')
      .entries()
      .get('a');
    expect(new Set(list?.items().map((item) => item.parse(String)))).toEqual(new Set(['b']));
    // Processor time, which other processes cannot lengthen; in quadratic time it takes minutes.
    expect(process.cpuUsage(startedAt).user / 1e6).toBeLessThan(10);
  });
});
