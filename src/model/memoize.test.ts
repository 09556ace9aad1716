import { describe, expect, test, vi } from 'vitest';

import { memoizeByObject, memoizeLast } from './memoize.ts';

describe('memoizeLast()', () => {
  test('computes anew only when an argument or their number changes', () => {
    const compute = vi.fn<(...given: readonly unknown[]) => object>(() => ({}));
    const memoized = memoizeLast(compute);
    const object = {};
    expect(memoized()).toBe(memoized());
    expect(memoized(object, 1)).toBe(memoized(object, 1));
    expect(compute).toHaveBeenCalledTimes(2);
    memoized(object);
    memoized({});
    memoized(object);
    memoized(object, undefined);
    expect(compute).toHaveBeenCalledTimes(6);
  });
});

describe('memoizeByObject()', () => {
  test('computes once per object', () => {
    const compute = vi.fn<(key: object) => object>(() => ({}));
    const memoized = memoizeByObject(compute);
    const [one, other] = [{}, {}];
    expect(memoized(one)).toBe(memoized(one));
    expect(memoized(other)).not.toBe(memoized(one));
    expect(compute).toHaveBeenCalledTimes(2);
  });
});
