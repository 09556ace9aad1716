import { describe, expect, test } from 'vitest';

import { parseShellCommand } from './shell-command.ts';

const env = { IFACE: 'eno1' };

describe('parseShellCommand()', () => {
  test('splits commands, and tells when each runs', () => {
    expect(parseShellCommand('ethtool -K $IFACE tso off && a || "b c"; d # e', env)).toEqual([
      { words: ['ethtool', '-K', 'eno1', 'tso', 'off'], after: 'anything' },
      { words: ['a'], after: 'success' },
      { words: ['b c'], after: 'failure' },
      { words: ['d'], after: 'anything' },
    ]);
  });

  test.each([
    ['a redirection', 'a >/dev/null 2>&1', ['a']],
    ['a redirection in the middle', 'a 2> b c', ['a', 'c']],
    ['quotes', `a "$IFACE" '$IFACE'`, ['a', 'eno1', '$IFACE']],
    ['braces', 'a ${IFACE}', ['a', 'eno1']],
    ['a variable nobody knows', 'a $b', ['a', undefined]],
    ['a pattern of files', 'a e*', ['a', undefined]],
    ['several lines', 'a\n', ['a']],
  ])('understands %s', (_, text, words) => {
    expect(parseShellCommand(text, env)?.map((step) => step.words)).toEqual([words]);
  });

  test.each([
    'for f in tso gso; do ethtool -K eno1 $f off; done',
    'if true; then a; fi',
    'a $(b)',
    'a `b`',
    '(a)',
    '{ a; }',
    '! a',
    'while a; do b; done',
  ])('leaves %j to a shell', (text) => {
    expect(parseShellCommand(text, env)).toBeUndefined();
  });
});
