import { describe, expect, test } from 'vitest';

import { parseShellVariables } from './shell-variables.ts';

describe('parseShellVariables()', () => {
  test.each([
    ['A="-K $B tso off" # note', '-K $B tso off', true],
    ["A='-K $B tso off'", '-K $B tso off', false],
    ['A=yes # note', 'yes', true],
    ['  export A=yes', 'yes', true],
    ['A=', '', true],
  ])('takes %j', (text, value, isExpanded) => {
    expect(parseShellVariables(`\n${text}`)).toEqual([
      { name: 'A', value, isExpanded, line: 2, text: text.trim() },
    ]);
  });

  test.each(['# A=b', 'A b', '=b', '1=b', ''])('finds nothing in %j', (text) => {
    expect(parseShellVariables(text)).toEqual([]);
  });
});
