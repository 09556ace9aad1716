import { describe, expect, test } from 'vitest';

import { clientNetwork, createRateLimit } from './rate-limit.ts';

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

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2::7', '2001:db8:1:2::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::7', '2001:db8:0:0::/64'],
  ['2001:db8:1:2:3::', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::1:2:3:4:5:6:7', '0:1:2:3::/64'],
  ['fe80::1%eno1', 'fe80:0:0:0::/64'],
  ['', ''],
])('clientNetwork() counts %j as %j', (address, network) => {
  expect(clientNetwork(address)).toBe(network);
});
