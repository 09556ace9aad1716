import { randomBytes } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import { createHellos } from './hellos.ts';

const minute = 60_000;

describe('createHellos()', () => {
  test('accepts each nonce once, for as long as its time is acceptable', () => {
    let now = 1_795_145_680_064;
    const hellos = createHellos(() => now);
    const nonce = randomBytes(16);
    // From a clock that is 5 minutes ahead.
    const time = now + 5 * minute;
    expect(hellos.isNew(nonce, time)).toBe(true);
    for (const after of [0, 1, 5, 9.99, 10, 11]) {
      now = time - 5 * minute + after * minute;
      expect(hellos.isNew(nonce, time), `${after} min`).toBe(false);
    }
  });

  test.each([
    [5.01, false],
    [4.99, true],
    [-4.99, true],
    [-5.01, false],
    [Number.NaN, false],
    [Number.POSITIVE_INFINITY, false],
  ])('of a clock that is off by %d minutes: %s', (minutes, isNew) => {
    expect(createHellos(() => 0).isNew(randomBytes(16), minutes * minute)).toBe(isNew);
  });

  test('keeps so many at most, until they are too old', () => {
    let now = 0;
    const hellos = createHellos(() => now);
    const accepted = Array.from({ length: 16_384 }, () => hellos.isNew(randomBytes(16), now));
    expect(new Set(accepted)).toEqual(new Set([true]));
    expect(hellos.isNew(randomBytes(16), now)).toBe(false);
    now = 10 * minute + 1;
    expect(hellos.isNew(randomBytes(16), now)).toBe(true);
  });
});
