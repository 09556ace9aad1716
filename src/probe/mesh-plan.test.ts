import { describe, expect, test } from 'vitest';

import {
  bulkBytes,
  createRotation,
  hasExtraProbe,
  meshTiming,
  startInSlot,
  sweepSeconds,
} from './mesh-plan.ts';

const now = 75_000_007;

describe.each([{ nodes: 12 }, { nodes: 100 }, { nodes: 1000 }])('a mesh of $nodes', ({ nodes }) => {
  const addresses = Array.from(
    { length: nodes },
    (_, index) => `10.0.${index >> 8}.${index & 255}`,
  );
  const rotations = addresses.map((own) => ({ own, peerOf: createRotation(addresses, own) }));
  const slotsOfSweep = Math.floor(nodes / 2);

  /** Whom each node measures with in so many slots, as the one that probes or that is probed. */
  function partnersIn(slots: number): ReadonlyMap<string, ReadonlySet<string>> {
    const partners = new Map(addresses.map((address) => [address, new Set<string>()]));
    for (const { own, peerOf } of rotations) {
      for (let slot = now; slot < now + slots; slot += 1) {
        const peer = peerOf(slot) ?? '';
        partners.get(own)?.add(peer);
        partners.get(peer)?.add(own);
      }
    }
    return partners;
  }

  test('createRotation() covers every pair in the slots of a sweep, whenever they begin', () => {
    const sizes = [...partnersIn(slotsOfSweep).values()].map(({ size }) => size);
    expect(new Set(sizes)).toEqual(new Set([nodes - 1]));
  });

  test('createRotation() has each node probe every other within two sweeps', () => {
    const start = now - (now % slotsOfSweep);
    for (const { peerOf } of rotations) {
      const peers = Array.from({ length: 2 * slotsOfSweep }, (_, index) => peerOf(start + index));
      expect(new Set(peers).size).toBe(nodes - 1);
    }
  });

  test('createRotation() has each node probed by exactly one other', () => {
    for (const slot of [now, now + 1, now + slotsOfSweep]) {
      const peers = rotations.map(({ peerOf }) => peerOf(slot));
      expect(new Set(peers).size).toBe(nodes);
      expect(peers.some((peer, index) => peer === addresses[index])).toBe(false);
    }
  });

  test('measures each row and each column with at least three nodes in a minute', () => {
    const slots = Math.floor(60 / meshTiming(300).slotSeconds);
    const sizes = [...partnersIn(slots).values()].map(({ size }) => size);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(3);
  });

  test('startInSlot() spreads the probes over the first quarter of a slot', () => {
    const timing = meshTiming(300);
    const starts = addresses.map((own) => startInSlot(own, now, timing));
    const latest = timing.slotSeconds / 4;
    expect(latest).toBeGreaterThan(5);
    expect(Math.max(...starts)).toBeLessThan(latest);
    expect(Math.max(...starts) - Math.min(...starts)).toBeGreaterThan(latest / 2);
    expect(startInSlot('10.0.0.1', now + 1, timing)).not.toBe(startInSlot('10.0.0.1', now, timing));
  });

  test('hasExtraProbe() gives every node one slot of three, and not all nodes the same', () => {
    for (const own of addresses) {
      expect([0, 1, 2].filter((offset) => hasExtraProbe(own, now + offset))).toHaveLength(1);
    }
    const atOnce = addresses.filter((own) => hasExtraProbe(own, now)).length;
    expect(atOnce).toBeLessThan(nodes * 0.7);
  });
});

test.each([
  { nodes: 12, seconds: 139 },
  { nodes: 100, seconds: 1156 },
  { nodes: 1000, seconds: 11_556 },
])('sweepSeconds() of $nodes nodes at 300 kbit/s is $seconds', ({ nodes, seconds }) => {
  const timing = meshTiming(300);
  expect(Math.round(sweepSeconds(nodes, timing))).toBe(seconds);
  // Payload alone, at any size of the fleet: two probes in a slot, and in three slots an extra one of its own and of a peer.
  const bitsPerSecond = ((2 + 2 / 3) * bulkBytes * 8) / timing.slotSeconds;
  expect(bitsPerSecond).toBeLessThan(0.85 * 300_000);
  expect(bitsPerSecond).toBeGreaterThan(0.7 * 300_000);
});

describe('createRotation()', () => {
  test('agrees on nodes whose lists are in another order', () => {
    const addresses = ['10.0.0.3', '10.0.0.1', '10.0.0.2'];
    const one = createRotation(addresses, '10.0.0.1');
    const other = createRotation(addresses.toReversed(), '10.0.0.1');
    expect([one(now), one(now + 1)]).toEqual([other(now), other(now + 1)]);
  });

  test('has a node probe also before others find it', () => {
    const peerOf = createRotation(['10.0.0.1'], '10.0.0.2');
    expect([peerOf(now), peerOf(now + 1)]).toEqual(['10.0.0.1', '10.0.0.1']);
  });

  test.each([{ addresses: ['10.0.0.1'] }, { addresses: [] }])(
    'has nobody to probe for a node alone among $addresses',
    ({ addresses }) => {
      expect(createRotation(addresses, '10.0.0.1')(now)).toBeUndefined();
    },
  );
});
