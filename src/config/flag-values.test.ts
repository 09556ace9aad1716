import { describe, expect, test } from 'vitest';

import { ConfigError } from '../model/errors.ts';
import {
  formatListenAddress,
  parseAnchoredRegExp,
  parseDurationSeconds,
  parseListenAddress,
  parseTelemetryPath,
} from './flag-values.ts';

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
    { text: '1.5h', seconds: 5400 },
    { text: '250us', seconds: 0.000_25 },
    { text: '0', seconds: 0 },
  ])('parseDurationSeconds() reads $text', ({ text, seconds }) => {
    expect(parseDurationSeconds(text)).toBeCloseTo(seconds, 9);
  });

  test.each([
    { text: '', quoted: '""' },
    { text: '15', quoted: '"15"' },
    { text: 's', quoted: '"s"' },
    { text: '-1s', quoted: '"-1s"' },
    { text: '1d', quoted: '"1d"' },
    { text: '15S', quoted: '"15S"' },
    { text: '15 s', quoted: '"15 s"' },
    { text: ' 15s', quoted: '" 15s"' },
    { text: '15s\n', quoted: String.raw`"15s\n"` },
    { text: '.5s', quoted: '".5s"' },
    { text: '1e3s', quoted: '"1e3s"' },
    { text: 'fifteen seconds', quoted: '"fifteen seconds"' },
  ])('parseDurationSeconds() rejects $quoted', ({ text, quoted }) => {
    const parse = (): number => parseDurationSeconds(text);
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(`expected a duration such as "15s" or "1m30s", got ${quoted}`);
  });
});

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

describe('parseTelemetryPath()', () => {
  test.each(['/', '/metrics', '/a/b.c/~d', '/.well-known/metrics', '/-metrics', '/...'])(
    'takes %j',
    (text) => {
      expect(parseTelemetryPath(text)).toBe(text);
    },
  );

  test.each([
    '',
    'metrics',
    '//',
    '/metrics/',
    '/a//b',
    '/.',
    '/a/..',
    '/a/../b',
    '/./a',
    '/a b',
    '/a?b',
    '/a#b',
    '/%2e',
  ])('rejects %j', (text) => {
    expect(() => parseTelemetryPath(text)).toThrow(ConfigError);
    expect(() => parseTelemetryPath(text)).toThrow(JSON.stringify(text));
  });

  test.each(['/-', '/-/healthy', '/-/ready', '/-/reload', '/api/v1/status', '/api/v1/status/x'])(
    'says that %j is reserved',
    (text) => {
      expect(() => parseTelemetryPath(text)).toThrow(
        expect.objectContaining({
          name: 'ConfigError',
          message: `expected a path that is not reserved, such as "/metrics", got "${text}"`,
        }),
      );
    },
  );
});

const addresses = [
  { text: ':10140', host: undefined, port: 10140 },
  { text: '127.0.0.1:10140', host: '127.0.0.1', port: 10140 },
  { text: '0.0.0.0:0', host: '0.0.0.0', port: 0 },
  { text: 'localhost:1', host: 'localhost', port: 1 },
  { text: 'node-1.example.com:65535', host: 'node-1.example.com', port: 65535 },
  { text: '[::1]:10140', host: '::1', port: 10140 },
  { text: '[::]:10140', host: '::', port: 10140 },
  { text: '[fe80::1%eno1]:10140', host: 'fe80::1%eno1', port: 10140 },
];

describe('listen address', () => {
  test.each(addresses)('parseListenAddress() reads $text', ({ text, host, port }) => {
    expect(parseListenAddress(text)).toEqual({ host, port });
  });

  test.each([
    { text: '', quoted: '""' },
    { text: '10140', quoted: '"10140"' },
    { text: 'localhost', quoted: '"localhost"' },
    { text: 'localhost:', quoted: '"localhost:"' },
    { text: 'localhost:http', quoted: '"localhost:http"' },
    { text: ':65536', quoted: '":65536"' },
    { text: ':100000', quoted: '":100000"' },
    { text: ':-1', quoted: '":-1"' },
    { text: '::1:10140', quoted: '"::1:10140"' },
    { text: '[::1]', quoted: '"[::1]"' },
    { text: '[]:10140', quoted: '"[]:10140"' },
    { text: '[127.0.0.1]:10140', quoted: '"[127.0.0.1]:10140"' },
    { text: '[::g]:10140', quoted: '"[::g]:10140"' },
    { text: 'two words:10140', quoted: '"two words:10140"' },
    { text: ':10140\n', quoted: String.raw`":10140\n"` },
  ])('parseListenAddress() rejects $quoted', ({ text, quoted }) => {
    const parse = (): unknown => parseListenAddress(text);
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(
      `expected an address such as ":10140", "127.0.0.1:10140" or "[::1]:10140", got ${quoted}`,
    );
  });

  test.each(addresses)('formatListenAddress() writes $text', ({ text, host, port }) => {
    expect(formatListenAddress({ host, port })).toBe(text);
  });
});
