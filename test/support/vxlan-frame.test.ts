import { describe, expect, test } from 'vitest';

import { internetChecksum, vxlanFrame } from './vxlan-frame.ts';

const options = {
  sourceMac: '02:00:00:00:00:02',
  destinationMac: '02:00:00:00:00:01',
  sourceAddress: '192.0.2.2',
  destinationAddress: '192.0.2.1',
  destinationPort: 4789,
  vni: 0x01_02_03,
  innerDestinationMac: '02:00:00:00:00:03',
} as const;

test.each([
  { what: 'the example of RFC 1071', hex: '0001f203f4f5f6f7', checksum: 0x220d },
  {
    what: 'an IPv4 header',
    hex: '4500003c1c46400040060000ac100a63ac100a0c',
    checksum: 0xb1e6,
  },
  { what: 'an odd number of bytes', hex: 'ff', checksum: 0x00ff },
  { what: 'nothing', hex: '', checksum: 0xffff },
])('internetChecksum() of $what', ({ hex, checksum }) => {
  expect(internetChecksum(Buffer.from(hex, 'hex'))).toBe(checksum);
});

describe('vxlanFrame()', () => {
  test.each([{ goodChecksum: true }, { goodChecksum: false }])(
    'with goodChecksum $goodChecksum is verified as that',
    ({ goodChecksum }) => {
      const frame = vxlanFrame({ ...options, goodChecksum });
      const ip = frame.subarray(14, 34);
      const udp = frame.subarray(34);
      const pseudoHeader = Buffer.concat([
        ip.subarray(12, 20),
        Buffer.from([0, 17]),
        udp.subarray(4, 6),
      ]);
      expect(internetChecksum(ip)).toBe(0);
      expect(internetChecksum(Buffer.concat([pseudoHeader, udp])) === 0).toBe(goodChecksum);
    },
  );

  test('has its lengths and its virtual network where they belong', () => {
    const frame = vxlanFrame({ ...options, goodChecksum: true });
    expect(frame.readUInt16BE(16)).toBe(frame.length - 14);
    expect(frame.readUInt16BE(36)).toBe(4789);
    expect(frame.readUInt16BE(38)).toBe(frame.length - 34);
    expect(frame.subarray(42, 50).toString('hex')).toBe('0800000001020300');
    expect(frame.subarray(50, 56).toString('hex')).toBe('020000000003');
  });
});
