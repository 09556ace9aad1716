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
