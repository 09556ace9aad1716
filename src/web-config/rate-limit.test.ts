import { describe, expect, test } from 'vitest';

import { createRateLimit } from './rate-limit.ts';

describe('createRateLimit()', () => {
  test('allows a burst, then one request per interval, and never accumulates more than the burst', () => {
    let now = 100;
    const allows = createRateLimit({ intervalSeconds: 2, burst: 3 }, () => now);
    const countAllowed = (tries: number): number =>
      Array.from({ length: tries }, () => allows('a')).filter(Boolean).length;
    expect(countAllowed(10)).toBe(3);
    now += 1;
    expect(countAllowed(10)).toBe(0);
    now += 1;
    expect(countAllowed(10)).toBe(1);
    now += 1000;
    expect(countAllowed(10)).toBe(3);
  });

  test('limits each client separately, and evicts the least recently used above the maximum', () => {
    const allows = createRateLimit({ intervalSeconds: 1, burst: 1 }, () => 0);
    const clients = Array.from({ length: 1024 }, (_, number) => `client ${number}`);
    expect(clients.filter((client) => allows(client))).toHaveLength(1024);
    expect(clients.filter((client) => allows(client))).toHaveLength(0);
    expect(allows('one more')).toBe(true);
    expect(allows('client 1')).toBe(false);
    expect(allows('client 0')).toBe(true);
  });
});
