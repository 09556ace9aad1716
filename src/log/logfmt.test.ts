import { describe, expect, test } from 'vitest';

import { logfmtLine } from './logfmt.ts';

describe('logfmtLine', () => {
  test('logfmtLine() writes the fields in the order given', () => {
    expect(
      logfmtLine(
        '{"level":"warn","time":"2026-01-02T03:04:05.678Z","device":"eno1","msg":"no answer"}\n',
      ),
    ).toBe('level=warn time=2026-01-02T03:04:05.678Z device=eno1 msg="no answer"\n');
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
