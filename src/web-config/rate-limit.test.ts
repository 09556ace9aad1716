import { expect, test } from 'vitest';

import { createRateLimit } from './rate-limit.ts';

test('createRateLimit() lets a burst through, then one for each interval, and never saves up more', () => {
  let now = 100;
  const allows = createRateLimit({ intervalSeconds: 2, burst: 3 }, () => now);
  const countAllowed = (tries: number): number =>
    Array.from({ length: tries }, allows).filter(Boolean).length;
  expect(countAllowed(10)).toBe(3);
  now += 1;
  expect(countAllowed(10)).toBe(0);
  now += 1;
  expect(countAllowed(10)).toBe(1);
  now += 1000;
  expect(countAllowed(10)).toBe(3);
});
