import { describe, expect, test } from 'vitest';

import { ConfigError } from '../model/errors.ts';
import { parseTelemetryPath } from './telemetry-path.ts';

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
    '/-',
    '/-/ready',
    '/a b',
    '/a?b',
    '/a#b',
    '/%2e',
  ])('rejects %j', (text) => {
    expect(() => parseTelemetryPath(text)).toThrow(ConfigError);
    expect(() => parseTelemetryPath(text)).toThrow(JSON.stringify(text));
  });
});
