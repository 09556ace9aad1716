import { describe, expect, test } from 'vitest';

import { parseInterfaces } from './interfaces.ts';

const ifupdown = { file: 'interfaces', dialect: 'ifupdown' } as const;
const ifupdown2 = { file: 'interfaces', dialect: 'ifupdown2' } as const;

describe('parseInterfaces()', () => {
  test('parses stanzas with their options, and auto lines', () => {
    const text =
      'auto eno1 lo\nallow-hotplug eno2\n\niface eno1 inet manual inherits base\n\tmtu 9000\n  # note\n  up a \\\n    b\n';
    expect(parseInterfaces(text, ifupdown)).toEqual([
      { kind: 'auto', class: 'auto', patterns: ['eno1', 'lo'] },
      { kind: 'auto', class: 'hotplug', patterns: ['eno2'] },
      {
        kind: 'stanza',
        stanza: {
          file: 'interfaces',
          line: 4,
          text: 'iface eno1 inet manual inherits base',
          name: 'eno1',
          method: 'manual',
          inherits: ['base'],
          options: [
            { file: 'interfaces', line: 5, text: 'mtu 9000', key: 'mtu', value: '9000' },
            { file: 'interfaces', line: 7, text: 'up a     b', key: 'up', value: 'a     b' },
          ],
        },
      },
    ]);
  });

  test('parses source lines', () => {
    expect(parseInterfaces('source a b\nsource-directory c\n', ifupdown)).toMatchObject([
      { kind: 'source', directory: false, pattern: 'a' },
      // Only the first is taken from where the file lies.
      { kind: 'source', directory: false, pattern: '/b' },
      { kind: 'source', directory: true, pattern: 'c', line: 2 },
    ]);
  });

  test('parses source-directory below a stanza as an option, for ifupdown2', () => {
    const [stanza] = parseInterfaces('iface lo inet loopback\nsource-directory c\n', ifupdown2);
    expect(stanza).toMatchObject({
      stanza: { options: [{ key: 'source-directory', value: 'c' }] },
    });
  });

  test.each([
    ['an option before any stanza', 'mtu 9000', 'misplaced'],
    ['an option behind auto', 'iface a inet manual\nauto a\nmtu 9000', 'misplaced'],
    ['an option without a value', 'iface a inet manual\nmtu', 'no value'],
    ['a stanza without a method', 'iface a', 'no method'],
    ['a method that is none', 'iface a inet manuel', 'no method'],
    ['an option of mapping that is none', 'mapping a\nmtu 9000', 'misplaced'],
    ['a mark of byte order', '\uFEFFauto a', 'misplaced'],
  ])('finds %s to be wrong', (_, text, message) => {
    expect(parseInterfaces(text, ifupdown).at(-1)).toMatchObject({ kind: 'error', message });
  });
});
