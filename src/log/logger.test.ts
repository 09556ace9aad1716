import { describe, expect, test } from 'vitest';

import type { LogLevel } from '../config/config.ts';
import { createLogger, logfmtLine } from './logger.ts';

describe('createLogger', () => {
  test('createLogger() writes logfmt lines with time and level', () => {
    const lines: string[] = [];
    const log = createLogger({ logLevel: 'info', logFormat: 'logfmt' }, (line) => {
      lines.push(line);
    });
    log.warn({ device: 'eno1' }, 'no answer');
    expect(lines).toEqual([
      expect.stringMatching(
        /^time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=warn msg="no answer" device=eno1\n$/,
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
    expect(lines.map((line) => / level=(\w+) msg=/.exec(line)?.[1])).toEqual(written);
  });

  test('createLogger() keeps an error on one line', () => {
    const lines: string[] = [];
    const log = createLogger({ logLevel: 'info', logFormat: 'logfmt' }, (line) => {
      lines.push(line);
    });
    log.error({ err: new Error('cannot read "speed"\nat all') }, 'failed');
    expect(lines).toEqual([
      expect.stringMatching(/^time=\S+ level=error msg=failed [^\n]*cannot read[^\n]*\n$/),
    ]);
  });
});

describe('logfmtLine', () => {
  test.each([
    {
      line: '{"level":"warn","time":"2026-01-02T03:04:05.678Z","device":"eno1","msg":"no answer"}',
      logfmt: 'time=2026-01-02T03:04:05.678Z level=warn msg="no answer" device=eno1\n',
    },
    {
      line: '{"device":"eno1","msg":"failed","source":"agent.ts:7","level":"error","time":"now"}',
      logfmt: 'time=now level=error source=agent.ts:7 msg=failed device=eno1\n',
    },
    {
      line: '{"read":"driver","msg":"late","device":"eno1"}',
      logfmt: 'msg=late read=driver device=eno1\n',
    },
  ])('logfmtLine() writes $line in the order of Prometheus', ({ line, logfmt }) => {
    expect(logfmtLine(line)).toBe(logfmt);
  });

  test.each([
    { value: 'eno1', text: 'eno1' },
    { value: '0000:00:1f.6', text: '0000:00:1f.6' },
    { value: '/sys/class/net', text: '/sys/class/net' },
    { value: 'me@host+1', text: 'me@host+1' },
    { value: '', text: '""' },
    { value: ' ', text: '" "' },
    { value: 'a=b', text: '"a=b"' },
    { value: 'say "hi"', text: String.raw`"say \"hi\""` },
    { value: 'a\\b', text: String.raw`"a\\b"` },
    { value: 'one\ntwo\r\tthree', text: String.raw`"one\ntwo\r\tthree"` },
    { value: 'é', text: '"é"' },
    { value: 15, text: '15' },
    { value: -0.5, text: '-0.5' },
    { value: true, text: 'true' },
    { value: null, text: 'null' },
    { value: ['eno1', 'ens3'], text: String.raw`"[\"eno1\",\"ens3\"]"` },
    { value: { code: 'EIO' }, text: String.raw`"{\"code\":\"EIO\"}"` },
  ])('logfmtLine() writes the value $text', ({ value, text }) => {
    expect(logfmtLine(JSON.stringify({ value }))).toBe(`value=${text}\n`);
  });

  test.each([{ json: '{}' }, { json: 'null' }, { json: '3' }])(
    'logfmtLine() writes $json as an empty line',
    ({ json }) => {
      expect(logfmtLine(json)).toBe('\n');
    },
  );

  test.each([{ line: '' }, { line: 'level=warn' }, { line: '{"level":' }])(
    'logfmtLine() rejects "$line", which is no JSON',
    ({ line }) => {
      expect(() => logfmtLine(line)).toThrow(SyntaxError);
    },
  );
});
