import { describe, expect, test } from 'vitest';

import { recordedText } from '../../test/support/recordings.ts';
import { ParseError } from '../model/errors.ts';
import { parseBootTimestampSeconds } from './proc-stat.ts';

describe('parseBootTimestampSeconds', () => {
  test('parseBootTimestampSeconds() reads the recorded /proc/stat', () => {
    const text = recordedText('proc/stat');
    expect(parseBootTimestampSeconds(text)).toBe(1795145580);
  });

  test('parseBootTimestampSeconds() finds its line among the others', () => {
    const text = [
      'cpu  1132 0 1441 62420 38 0 57 0 0 0',
      'intr 74413 0 34',
      'ctxt 199292',
      'btime 1763610012',
      'processes 2026',
      '',
    ].join('\n');
    expect(parseBootTimestampSeconds(text)).toBe(1763610012);
  });

  test.each([
    { text: '', quoted: '""' },
    { text: 'ctxt 199292\n', quoted: String.raw`"ctxt 199292\n"` },
    { text: 'btime\n', quoted: String.raw`"btime\n"` },
    { text: 'btime now\n', quoted: String.raw`"btime now\n"` },
    { text: 'btime -1\n', quoted: String.raw`"btime -1\n"` },
    { text: 'btime 1763610012.5\n', quoted: String.raw`"btime 1763610012.5\n"` },
    { text: ' btime 1763610012\n', quoted: String.raw`" btime 1763610012\n"` },
    { text: 'btime 1234567890123456\n', quoted: String.raw`"btime 1234567890123456\n"` },
  ])('parseBootTimestampSeconds() rejects $quoted', ({ text, quoted }) => {
    const parse = (): number => parseBootTimestampSeconds(text);
    expect(parse).toThrow(ParseError);
    expect(parse).toThrow(`line 1: expected a "btime" line, got ${quoted}`);
  });
});
