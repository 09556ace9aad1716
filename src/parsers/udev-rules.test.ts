import { describe, expect, test } from 'vitest';

import { parseUdevRules } from './udev-rules.ts';

describe('parseUdevRules()', () => {
  test('parses comparisons and assignments, over several lines', () => {
    const text =
      '# note\n\nACTION=="add", ATTR{address}!="02:00", \\\n  RUN+="/bin/sh -c \'a \\"b\\"\'"\n';
    expect(parseUdevRules(text)).toMatchObject([
      {
        line: 3,
        tokens: [
          { key: 'ACTION', attribute: undefined, operator: '==', value: 'add' },
          { key: 'ATTR', attribute: 'address', operator: '!=', value: '02:00' },
          { key: 'RUN', attribute: undefined, operator: '+=', value: '/bin/sh -c \'a "b"\'' },
        ],
      },
    ]);
  });

  test.each([
    ['words', 'add'],
    ['a value without quotes', 'ACTION==add'],
    ['a key of small letters', 'action=="add"'],
  ])('finds nothing in %s', (_, text) => {
    expect(parseUdevRules(text).flatMap(({ tokens }) => tokens)).toEqual([]);
  });
});
