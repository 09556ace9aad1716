import { describe, expect, test } from 'vitest';

import { parseIniLines } from './ini-lines.ts';

describe('parseIniLines()', () => {
  test('parses assignments with their section and line', () => {
    expect(parseIniLines('[Match]\nMACAddress = 02:00\n\n[Link]\nName=nic0\n', 'systemd')).toEqual([
      { section: 'Match', key: 'MACAddress', value: '02:00', line: 2 },
      { section: 'Link', key: 'Name', value: 'nic0', line: 5 },
    ]);
  });

  test.each([
    ['what stands behind a value', 'a=no # why', [['a', 'no # why']]],
    ['a value with a sign of equality', 'a=b=c', [['a', 'b=c']]],
    [
      'a key that is repeated',
      'a=1\na=2',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    ['an empty value', 'a=', [['a', '']]],
  ])('keeps %s', (_, text, expected) => {
    const entries = parseIniLines(text, 'keyfile');
    expect(entries.map(({ key, value }) => [key, value])).toEqual(expected);
  });

  test.each([
    ['a comment', '# a=b'],
    ['a line without a sign of equality', 'a'],
    ['a line without a key', '=b'],
    ['nothing', ''],
  ])('leaves %s out', (_, text) => {
    expect(parseIniLines(text, 'systemd')).toEqual([]);
  });

  test('joins continuation lines, and skips comments with ;, for systemd only', () => {
    const text = 'a=1 \\\n; note\n  2\n;b=3\n';
    expect(parseIniLines(text, 'systemd').map(({ value, line }) => [value, line])).toEqual([
      ['1    2', 1],
    ]);
    expect(parseIniLines(text, 'keyfile').map(({ key }) => key)).toEqual(['a', ';b']);
  });
});
