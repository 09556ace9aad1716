import { describe, expect, test } from 'vitest';

import { ParseError } from '../model/errors.ts';
import { parseInteger } from './number.ts';

describe('parseInteger', () => {
  test.each([
    { source: 'carrier_changes', text: '2\n', value: 2 },
    { source: 'tx_timeout of an idle queue', text: '0\n', value: 0 },
    { source: 'speed of a link that is down', text: '-1\n', value: -1 },
    { source: 'a value behind blanks', text: '  1000 \n', value: 1000 },
    { source: 'a value without newline', text: '1000', value: 1000 },
    { source: 'the largest exact one', text: '9007199254740991\n', value: 9007199254740991 },
    { source: 'the largest of 64 bit', text: '18446744073709551615\n', value: 2 ** 64 },
  ])('parseInteger() parses $source', ({ text, value }) => {
    expect(parseInteger(text)).toBe(value);
  });

  test.each([
    { text: '', quoted: '""' },
    { text: '\n', quoted: String.raw`"\n"` },
    { text: 'unknown\n', quoted: String.raw`"unknown\n"` },
    { text: '1 2', quoted: '"1 2"' },
    { text: '1\n2\n', quoted: String.raw`"1\n2\n"` },
    { text: '1.5', quoted: '"1.5"' },
    { text: '1e3', quoted: '"1e3"' },
    { text: '0x10', quoted: '"0x10"' },
    { text: '+1', quoted: '"+1"' },
    { text: '--1', quoted: '"--1"' },
    { text: '- 1', quoted: '"- 1"' },
    { text: '１', quoted: '"１"' },
    { text: '1'.repeat(21), quoted: `"${'1'.repeat(21)}"` },
  ])('parseInteger() rejects $quoted', ({ text, quoted }) => {
    const parse = (): number => parseInteger(text);
    expect(parse).toThrow(ParseError);
    expect(parse).toThrow(`line 1: expected an integer, got ${quoted}`);
  });
});
