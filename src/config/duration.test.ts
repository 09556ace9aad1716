import { describe, expect, test } from 'vitest';

import { ConfigError } from '../model/errors.ts';
import { parseDurationSeconds } from './duration.ts';

describe('parseDurationSeconds', () => {
  test.each([
    { text: '15s', seconds: 15 },
    { text: '0s', seconds: 0 },
    { text: '500ms', seconds: 0.5 },
    { text: '1m', seconds: 60 },
    { text: '90m', seconds: 5400 },
    { text: '1m30s', seconds: 90 },
    { text: '2h', seconds: 7200 },
    { text: '1h1m1s1ms', seconds: 3661.001 },
    { text: '1h5ms', seconds: 3600.005 },
  ])('parseDurationSeconds() reads $text', ({ text, seconds }) => {
    expect(parseDurationSeconds(text)).toBe(seconds);
  });

  test.each([
    { text: '', quoted: '""' },
    { text: '15', quoted: '"15"' },
    { text: 's', quoted: '"s"' },
    { text: '-1s', quoted: '"-1s"' },
    { text: '1.5s', quoted: '"1.5s"' },
    { text: '1d', quoted: '"1d"' },
    { text: '15S', quoted: '"15S"' },
    { text: '15 s', quoted: '"15 s"' },
    { text: ' 15s', quoted: '" 15s"' },
    { text: '15s\n', quoted: String.raw`"15s\n"` },
    { text: '30s1m', quoted: '"30s1m"' },
    { text: '1s1s', quoted: '"1s1s"' },
    { text: 'fifteen seconds', quoted: '"fifteen seconds"' },
  ])('parseDurationSeconds() rejects $quoted', ({ text, quoted }) => {
    const parse = (): number => parseDurationSeconds(text);
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(`expected a duration such as "15s" or "1m30s", got ${quoted}`);
  });
});
