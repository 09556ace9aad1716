import { expect, test } from 'vitest';

import { age, timestamp } from './page-parts.ts';

test.each([
  [-3, 'just now'],
  [0.4, 'just now'],
  [1, '1 s ago'],
  [119.9, '119 s ago'],
  [120, '2 min ago'],
  [7199, '119 min ago'],
  [7200, '2 h ago'],
  [172_799, '47 h ago'],
  [172_800, '2 d ago'],
])('age() says %d s as %s', (seconds, expected) => {
  expect(age(seconds)).toBe(expected);
});

test('timestamp() shows the time in UTC and its age', () => {
  const { markup } = timestamp(1_795_145_680.064, 1_795_145_860.1);
  expect(markup).toContain('datetime="2026-11-20T03:34:40.064Z"');
  expect(markup.replaceAll(/<[^>]*>/g, '').replaceAll(/\s+/g, ' ')).toBe(
    '2026-11-20 03:34:40 UTC (3 min ago)',
  );
});
