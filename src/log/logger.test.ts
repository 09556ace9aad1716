import { describe, expect, test } from 'vitest';

import type { LogLevel } from '../config/config.ts';
import { createLogger } from './logger.ts';

describe('createLogger', () => {
  test('createLogger() writes logfmt lines with time and level', () => {
    const lines: string[] = [];
    const log = createLogger({ logLevel: 'info', logFormat: 'logfmt' }, (line) => {
      lines.push(line);
    });
    log.warn({ device: 'eno1' }, 'no answer');
    expect(lines).toEqual([
      expect.stringMatching(
        /^level=warn time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z device=eno1 msg="no answer"\n$/,
      ),
    ]);
  });

  test('createLogger() writes JSON lines with the same fields', () => {
    const lines: string[] = [];
    const log = createLogger({ logLevel: 'info', logFormat: 'json' }, (line) => {
      lines.push(line);
    });
    log.warn({ device: 'eno1' }, 'no answer');
    expect(lines).toEqual([expect.stringMatching(/^\{.*\}\n$/)]);
    expect(JSON.parse(lines.join(''))).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      device: 'eno1',
      msg: 'no answer',
    });
  });

  test.each<{ logLevel: LogLevel; written: readonly string[] }>([
    { logLevel: 'debug', written: ['debug', 'info', 'warn', 'error'] },
    { logLevel: 'info', written: ['info', 'warn', 'error'] },
    { logLevel: 'warn', written: ['warn', 'error'] },
    { logLevel: 'error', written: ['error'] },
  ])('createLogger() at level $logLevel writes $written', ({ logLevel, written }) => {
    const lines: string[] = [];
    const log = createLogger({ logLevel, logFormat: 'logfmt' }, (line) => {
      lines.push(line);
    });
    log.debug('text');
    log.info('text');
    log.warn('text');
    log.error('text');
    expect(lines.map((line) => /^level=(\w+) /.exec(line)?.[1])).toEqual(written);
  });

  test('createLogger() keeps an error on one line', () => {
    const lines: string[] = [];
    const log = createLogger({ logLevel: 'info', logFormat: 'logfmt' }, (line) => {
      lines.push(line);
    });
    log.error({ err: new Error('cannot read "speed"\nat all') }, 'failed');
    expect(lines).toEqual([expect.stringMatching(/^[^\n]*cannot read[^\n]* msg=failed\n$/)]);
  });
});
