import { expect, test } from 'vitest';

import { parseGoDurationSeconds } from './go-duration.ts';

test.each([
  ['0', 0],
  ['0s', 0],
  ['200ms', 0.2],
  ['1.5h', 5400],
  ['1m30s', 90],
  ['250us', 0.000_25],
])('parseGoDurationSeconds(%j) is %d', (text, seconds) => {
  expect(parseGoDurationSeconds(text)).toBeCloseTo(seconds, 9);
});

test.each(['', '1', 's', '-1s', '1d', '1s ', '.5s', '1e3s', '9'.repeat(40) + 's'])(
  'parseGoDurationSeconds(%j) refuses it',
  (text) => {
    expect(() => parseGoDurationSeconds(text)).toThrow('expected a duration such as');
  },
);
