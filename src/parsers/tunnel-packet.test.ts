import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { tunnelPacket } from '../../test/support/tunnel-packet.ts';
import type { TunnelPacketOptions } from '../../test/support/tunnel-packet.ts';
import { inspectTunnelPacket } from './tunnel-packet.ts';

/** Every tunnel, over and with every version of IP. */
const kinds: readonly TunnelPacketOptions[] = (['ipv4', 'ipv6'] as const).flatMap((underlay) =>
  (['ipv4', 'ipv6'] as const).flatMap((inner) =>
    (['vxlan', 'geneve', 'geneve-ip', 'ipip'] as const).flatMap((tunnel) =>
      (['tcp', 'udp'] as const).map((protocol) => ({ underlay, inner, tunnel, protocol })),
    ),
  ),
);
const shapes: readonly TunnelPacketOptions[] = [
  { tags: [0x8100] },
  { tags: [0x88a8, 0x8100] },
  { innerTags: [0x8100] },
  { optionBytes: 12 },
  { paddingBytes: 6 },
  { paddingBytes: 7 },
  { payloadBytes: 1 },
  { payloadBytes: 8900 },
  { payloadBytes: 101, protocol: 'udp' },
];

describe('inspectTunnelPacket()', () => {
  test.each([...kinds, ...shapes])('verifies the checksums of %o', (kind) => {
    const source = kind.underlay === 'ipv6' ? '2001:db8::2' : '192.0.2.2';
    const found = { result: 'good', source, badLayer: undefined, packets: 1 };
    const badInner = { ...found, result: 'bad', badLayer: 'inner' };
    expect(inspectTunnelPacket(tunnelPacket(kind))).toEqual(found);
    expect(inspectTunnelPacket(tunnelPacket({ ...kind, innerChecksum: 'bad' }))).toEqual(badInner);
  });

  test.each([...kinds, ...shapes].filter(({ tunnel }) => tunnel !== 'ipip'))(
    'tells the layers of %o apart',
    (kind) => {
      const layerOf = (options: TunnelPacketOptions): string | undefined =>
        inspectTunnelPacket(tunnelPacket({ ...kind, ...options })).badLayer;
      expect(layerOf({ outerChecksum: 'bad' })).toBe('outer');
      expect(layerOf({ outerChecksum: 'bad', innerChecksum: 'bad' })).toBe('outer');
      expect(layerOf({ outerChecksum: 'none', innerChecksum: 'bad' })).toBe('inner');
    },
  );

  test.each([
    ['good', { outerChecksum: 'none' }],
    ['unchecked', { outerChecksum: 'none', protocol: 'arp' }],
    ['good', { protocol: 'arp' }],
    ['unchecked', { outerChecksum: 'none', protocol: 'udp', innerChecksum: 'none' }],
    ['good', { protocol: 'udp', innerChecksum: 'none' }],
    ['ipv6_without_checksum', { underlay: 'ipv6', outerChecksum: 'none' }],
    ['bad', { underlay: 'ipv6', outerChecksum: 'none', innerChecksum: 'bad' }],
  ] as const)('gives %s for %o', (result, options) => {
    expect(inspectTunnelPacket(tunnelPacket(options)).result).toBe(result);
  });

  test.each([
    ['good', { vnet: { flags: 1, pending: 'outer' } }],
    ['bad', { vnet: { flags: 1, pending: 'outer' }, innerChecksum: 'bad' }],
    [
      'not_ready',
      { vnet: { flags: 1, pending: 'inner' }, innerChecksum: 'bad', outerChecksum: 'none' },
    ],
    // DATA_VALID says something of the outer checksum only.
    ['bad', { vnet: { flags: 2 }, innerChecksum: 'bad' }],
  ] as const)('skips only the checksum that is not computed: %s for %o', (result, options) => {
    expect(inspectTunnelPacket(tunnelPacket(options)).result).toBe(result);
  });

  test('verifies the outer checksum of a packet whose inner one is not computed', () => {
    const packet = tunnelPacket({ vnet: { flags: 1, pending: 'inner' } });
    // As the kernel leaves it: the sum of the pseudo-header stands in for the checksum.
    const start = 10 + 14 + 20 + 8 + 8 + 14 + 20;
    const pseudoHeader = [0x0a00, 1, 0x0a00, 2, 6, 120].reduce((sum, word) => sum + word);
    packet.writeUInt16BE(pseudoHeader, start + 16);
    expect(inspectTunnelPacket(packet).result).toBe('good');
    packet.writeUInt16BE(0x1111, 10 + 14 + 20 + 6);
    expect(inspectTunnelPacket(packet)).toMatchObject({ result: 'bad', badLayer: 'outer' });
  });

  const ipv6WithTags = {
    underlay: 'ipv6',
    inner: 'ipv6',
    tags: [0x88a8, 0x8100],
    innerTags: [0x8100],
  } as const;
  test.each([
    ['tcp', 1000, 10, {}],
    ['tcp', 1001, 10, {}],
    ['tcp', 1000, 10, ipv6WithTags],
    ['udp', 100, 10, {}],
  ] as const)(
    'counts the segments of merged %s packets',
    (protocol, payloadBytes, gsoBytes, kind) => {
      const packet = tunnelPacket({
        ...kind,
        protocol,
        payloadBytes,
        outerChecksum: 'bad',
        vnet: { flags: 1, gsoType: 1, gsoBytes, pending: 'inner' },
      });
      const packets = Math.ceil(payloadBytes / gsoBytes);
      expect(inspectTunnelPacket(packet)).toMatchObject({ result: 'merged', packets });
      // Of long packets only the headers are there.
      expect(inspectTunnelPacket(packet.subarray(0, 10 + 160))).toMatchObject({ packets });
    },
  );

  test('finds every flipped bit behind the outer IP header', () => {
    for (const options of [{}, { outerChecksum: 'none' }] as const) {
      const packet = tunnelPacket(options);
      const outer = 10 + 14 + 20;
      // Without an outer checksum the inner ones cover what begins with the inner IP header.
      const first = outer + (options.outerChecksum === 'none' ? 8 + 8 + 14 : 0);
      for (let bit = first * 8; bit < packet.length * 8; bit += 1) {
        const flipped = Buffer.from(packet);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(inspectTunnelPacket(flipped).result, `bit ${bit}`).not.toBe('good');
      }
    }
  });

  test('reports no source if its address may be corrupt', () => {
    const packet = tunnelPacket();
    packet[10 + 14 + 12] = 193;
    expect(inspectTunnelPacket(packet)).toMatchObject({ result: 'malformed', source: undefined });
  });

  test('accepts any bytes, and any change of a packet', () => {
    const mutated = fc
      .tuple(fc.constantFrom(...kinds), fc.array(fc.tuple(fc.nat(), fc.nat(255))), fc.nat(400))
      .map(([kind, changes, cut]) => {
        const packet = tunnelPacket(kind);
        for (const [at, value] of changes) {
          packet[at % packet.length] = value;
        }
        return packet.subarray(0, cut);
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), mutated), (bytes) => {
        const { result, source, badLayer, packets } = inspectTunnelPacket(bytes);
        expect(packets).toBeGreaterThanOrEqual(1);
        expect(packets).toBeLessThanOrEqual(65_535);
        expect(badLayer !== undefined).toBe(result === 'bad');
        expect(source === undefined).toBe(result === 'malformed');
        expect(source ?? '').toMatch(/^[0-9a-f:.]{0,39}$/);
      }),
      { numRuns: 3000 },
    );
  });
});
