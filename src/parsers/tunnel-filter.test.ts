import { describe, expect, test } from 'vitest';

import { tunnelPacket } from '../../test/support/tunnel-packet.ts';
import type { TunnelPacketOptions } from '../../test/support/tunnel-packet.ts';
import { readU32 } from './ethtool-structs.ts';
import { maxFilterPorts, tunnelFilter } from './tunnel-filter.ts';

const host = 0;
const otherHost = 3;
const outgoing = 4;
const addresses = ['192.0.2.1', '2001:db8::1'];
const options = { ports: [4789, 8472, 6081], oneOf: 1, addresses };
const vnetBytes = 10;

describe('tunnelFilter()', () => {
  test.each([
    {},
    { tunnel: 'geneve' },
    { tunnel: 'ipip' },
    { tunnel: 'ipip', inner: 'ipv6' },
    { underlay: 'ipv6' },
    { underlay: 'ipv6', tunnel: 'ipip' },
    { tags: [0x8100] },
    { tags: [0x88a8, 0x8100] },
    { tags: [0x8100], underlay: 'ipv6' },
    { optionBytes: 12 },
  ] satisfies TunnelPacketOptions[])('takes %o', (packet) => {
    const frame = frameOf(packet);
    expect(run(frame, { type: host })).toBeGreaterThanOrEqual(frame.length);
    expect(run(frame, { type: otherHost })).toBeGreaterThanOrEqual(frame.length);
    expect(run(frame, { type: outgoing })).toBe(0);
    expect(run(frame, { type: otherHost, addresses: ['192.0.2.9', '2001:db8::9'] })).toBe(0);
  });

  test('rejects fragments and packets without a tunnel', () => {
    const other = frameOf({});
    other.writeUInt16BE(53, 14 + 20 + 2);
    const tcp = frameOf({});
    tcp[14 + 9] = 6;
    const fragments = [0x2000, 0x0001].map((offset) => {
      const fragment = frameOf({});
      fragment.writeUInt16BE(offset, 14 + 6);
      return fragment;
    });
    const arp = frameOf({});
    arp.writeUInt16BE(0x0806, 12);
    for (const frame of [other, tcp, arp, ...fragments, Buffer.alloc(0), Buffer.alloc(30)]) {
      expect(run(frame, { type: host })).toBe(0);
    }
  });

  test('samples one in N at random', () => {
    const frame = frameOf({});
    const limit = 2 ** 32 / 10;
    expect(run(frame, { type: host, oneOf: 10, random: limit - 2 })).toBeGreaterThan(0);
    expect(run(frame, { type: host, oneOf: 10, random: limit + 2 })).toBe(0);
    expect(run(frame, { type: host, oneOf: 1, random: 2 ** 32 - 1 })).toBeGreaterThan(0);
  });

  test('samples only the headers of merged packets', () => {
    const frame = Buffer.concat([frameOf({}), Buffer.alloc(9300)]);
    expect(run(frame, { type: host })).toBe(160);
  });

  test('holds as many ports and addresses as jumps can pass', () => {
    const frame = frameOf({});
    const ports = Array.from({ length: maxFilterPorts }, (_, index) => 4789 - index).toReversed();
    const many = Array.from({ length: 200 }, (_, index) =>
      index % 2 === 0 ? `192.0.2.${63 - index}` : `2001:db8::${index}`,
    ).map((address) => address.replace(/-\d+$/, '9'));
    expect(run(frame, { type: otherHost, ports, addresses: many })).toBeGreaterThan(0);
    frame[14 + 9] = 6;
    expect(run(frame, { type: otherHost, ports, addresses: many })).toBe(0);
  });
});

function frameOf(packet: TunnelPacketOptions): Buffer {
  return tunnelPacket(packet).subarray(vnetBytes);
}

interface Run {
  readonly type: number;
  readonly random?: number;
  readonly oneOf?: number;
  readonly ports?: readonly number[];
  readonly addresses?: readonly string[];
}

/** Runs a filter as the kernel does: a load beyond the end of the packet drops it. */
function run(frame: Buffer, { type, random = 0, ...changes }: Run): number {
  const program = tunnelFilter({ ...options, ...changes });
  const memory = new Map<number, number>();
  let accumulator = 0;
  let index = 0;
  for (let at = 0; at < program.length; at += 8) {
    const code = new Uint16Array(Uint8Array.from(program.subarray(at, at + 2)).buffer)[0] ?? 0;
    const value = readU32(program, at + 4);
    const jump = (isTrue: boolean): void => {
      at += 8 * (program[at + (isTrue ? 2 : 3)] ?? 0);
    };
    const bytes = { 0x00: 4, 0x08: 2, 0x10: 1 }[code & 0x18] ?? 0;
    switch (code) {
      case 0x20:
      case 0x28:
      case 0x40:
      case 0x48:
      case 0x50: {
        const from = value + (code >= 0x40 ? index : 0);
        if (value === 0xfffff004) {
          accumulator = type;
        } else if (value === 0xfffff038) {
          accumulator = random;
        } else if (from + bytes > frame.length) {
          return 0;
        } else {
          accumulator = frame.readUIntBE(from, bytes);
        }
        break;
      }
      case 0x80:
        accumulator = frame.length;
        break;
      case 0x01:
        index = value;
        break;
      case 0x60:
        accumulator = memory.get(value) ?? 0;
        break;
      case 0x02:
        memory.set(value, accumulator);
        break;
      case 0x54:
        accumulator &= value;
        break;
      case 0x64:
        accumulator <<= value;
        break;
      case 0x0c:
        accumulator += index;
        break;
      case 0x07:
        index = accumulator;
        break;
      case 0x05:
        at += 8 * value;
        break;
      case 0x15:
        jump(accumulator === value);
        break;
      case 0x25:
        jump(accumulator > value);
        break;
      case 0x45:
        jump((accumulator & value) !== 0);
        break;
      case 0x06:
        return value;
      default:
        throw new Error(`unknown instruction ${code}`);
    }
  }
  throw new Error('the filter has no end');
}
