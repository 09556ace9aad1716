import { describe, expect, test } from 'vitest';

import { ConfigError } from '../model/errors.ts';
import { formatListenAddress, parseListenAddress } from './listen-address.ts';

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
