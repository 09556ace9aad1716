import { describe, expect, test } from 'vitest';

import { numberedLines, quote } from './lines.ts';

describe('lines', () => {
  test.each([
    { input: '', quoted: '""' },
    { input: 'rx_packets', quoted: '"rx_packets"' },
    { input: 'a "b"\\\n\t\u0000', quoted: String.raw`"a \"b\"\\\n\t\u0000"` },
    { input: 'x'.repeat(120), quoted: `"${'x'.repeat(120)}"` },
    { input: 'x'.repeat(121), quoted: `"${'x'.repeat(120)}…"` },
  ])('quote() escapes and cuts: $quoted', ({ input, quoted }) => {
    expect(quote(input)).toBe(quoted);
  });

  test.each([
    { text: '', lines: [] },
    { text: '\n', lines: [[1, '']] },
    { text: 'a', lines: [[1, 'a']] },
    { text: 'a\n', lines: [[1, 'a']] },
    {
      text: 'a\n\nb\r\n',
      lines: [
        [1, 'a'],
        [2, ''],
        [3, 'b\r'],
      ],
    },
  ])('numberedLines() numbers the lines of $text from 1', ({ text, lines }) => {
    expect(numberedLines(text)).toEqual(lines);
  });
});
