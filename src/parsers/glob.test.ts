import { describe, expect, test } from 'vitest';

import { matchesGlob } from './glob.ts';

describe('matchesGlob()', () => {
  test.each([
    ['eno*', 'eno1', true],
    ['eno?', 'eno12', false],
    ['eno[12]', 'eno2', true],
    ['eno[!12]', 'eno2', false],
    ['eno[1-3]', 'eno3', true],
    ['pci-0000:00:1f.6', 'pci-0000:00:1fx6', false],
    ['a.(b)+', 'a.(b)+', true],
    ['e[', 'e[', true],
    ['eno', 'eno1', false],
    ['?*', '', false],
  ])('compares %j with %j', (pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected);
  });
});
