import { describe, expect, test } from 'vitest';

import { ConfigError } from '../model/errors.ts';
import { parseAnchoredRegExp } from './anchored-regexp.ts';

describe('parseAnchoredRegExp', () => {
  test.each([
    { text: 'eno1', name: 'eno1', matches: true },
    { text: 'eno1', name: 'eno10', matches: false },
    { text: 'eno1', name: 'xeno1', matches: false },
    { text: 'eno1|ens3', name: 'ens3', matches: true },
    { text: 'eno1|ens3', name: 'ens3.7', matches: false },
    { text: 'eno1|ens3', name: 'eno1x', matches: false },
    { text: 'e.*', name: 'enp6s0', matches: true },
    { text: '.', name: '🂡', matches: true },
    { text: String.raw`ens192\.7`, name: 'ens192.7', matches: true },
    { text: String.raw`ens192\.7`, name: 'ens192x7', matches: false },
    { text: '^eno1$', name: 'eno1', matches: true },
    { text: 'eno1', name: 'eno1\n', matches: false },
  ])('parseAnchoredRegExp() of "$text" tests "$name": $matches', ({ text, name, matches }) => {
    const pattern = parseAnchoredRegExp(text);
    expect(pattern.test(name)).toBe(matches);
    expect(pattern.test(name)).toBe(matches);
  });

  test.each([
    { text: '(', quoted: '"("' },
    { text: ')', quoted: '")"' },
    { text: 'a)|(b', quoted: '"a)|(b"' },
    { text: '*', quoted: '"*"' },
    { text: '[a', quoted: '"[a"' },
    { text: 'x{2,1}', quoted: '"x{2,1}"' },
    { text: '\\', quoted: String.raw`"\\"` },
    { text: '(?i)eno1', quoted: '"(?i)eno1"' },
  ])('parseAnchoredRegExp() rejects $quoted', ({ text, quoted }) => {
    const parse = (): RegExp => parseAnchoredRegExp(text);
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(`expected a regular expression, got ${quoted} (`);
    expect(parse).toThrow(expect.objectContaining({ cause: expect.any(SyntaxError) }));
  });
});
