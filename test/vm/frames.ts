import { internetChecksum } from '../support/vxlan-frame.ts';
import type { Nic } from './nics.ts';

/** What is wrong with a frame. */
export type FrameKind =
  | 'UDP'
  | 'TCP'
  | 'ICMP'
  | 'IPv4 header'
  | 'UDP over IPv6'
  | 'VXLAN, outer UDP'
  | 'VXLAN, inner TCP'
  | 'VXLAN, inner UDP';

/** A VXLAN device of the guest that frames are sent to. */
export const vxlan = {
  name: 'vx42',
  id: 42,
  port: 4789,
  mac: '02:42:00:00:00:01',
  address: '10.42.0.1',
} as const;

/** The address of a card that frames over IPv6 are sent to. */
export const ipv6Address = 'fd00:0:0:0:0:0:0:1';

const ipv6Source = 'fd00:0:0:0:0:0:0:2';
const innerSource = '10.42.0.2';
const etherType = { ipv4: 0x0800, ipv6: 0x86dd } as const;
const protocols = { icmp: 1, tcp: 6, udp: 17, icmp6: 58 } as const;
const sourceMac = '02:00:00:00:00:02';
const payload = Buffer.from(
  'a payload that is long enough to need no padding, and of an even length.',
);
/** What a packet is rewritten from and to on its way through the guest, at the beginning of its payload. */
const sentWord = 'yyyz';
const rewrittenWord = 'xxxx';

/** Commands that make the VXLAN device above a card. */
export function addVxlan(nic: Nic): string {
  return `
    ip link add ${vxlan.name} address ${vxlan.mac} type vxlan id ${vxlan.id} local ${nic.address} dstport ${vxlan.port} dev ${nic.name}
    ip address add ${vxlan.address}/24 dev ${vxlan.name}; ip link set ${vxlan.name} up`;
}

/** A frame with one wrong checksum. */
export function badFrame({ mac, address, peer }: Nic, kind: FrameKind): Buffer {
  const outer = [peer, address] as const;
  const inner = [innerSource, vxlan.address] as const;
  const toCard = (packet: Buffer): Buffer => ethernet(mac, etherType.ipv4, packet);
  switch (kind) {
    case 'UDP':
      return toCard(ipv4(outer, protocols.udp, corrupt(udp(outer, 5001, payload), 6)));
    case 'TCP':
      return toCard(ipv4(outer, protocols.tcp, corrupt(tcp(outer, payload), 16)));
    case 'ICMP':
      return toCard(ipv4(outer, protocols.icmp, corrupt(icmp(), 2)));
    case 'IPv4 header':
      return toCard(corrupt(ipv4(outer, protocols.udp, udp(outer, 5001, payload)), 10));
    case 'UDP over IPv6':
      return ethernet(
        mac,
        etherType.ipv6,
        ipv6(corrupt(udp([ipv6Source, ipv6Address], 5001, payload), 6)),
      );
    case 'VXLAN, outer UDP':
      return toCard(
        ipv4(
          outer,
          protocols.udp,
          corrupt(udp(outer, vxlan.port, encapsulated(tcp(inner, payload))), 6),
        ),
      );
    case 'VXLAN, inner TCP':
      return toCard(
        ipv4(
          outer,
          protocols.udp,
          udp(outer, vxlan.port, encapsulated(corrupt(tcp(inner, payload), 16))),
        ),
      );
    case 'VXLAN, inner UDP':
      return toCard(
        ipv4(
          outer,
          protocols.udp,
          udp(
            outer,
            vxlan.port,
            encapsulated(corrupt(udp(inner, 5001, payload), 6), protocols.udp),
          ),
        ),
      );
  }
}

/**
 * A VXLAN frame that arrives intact and whose inner TCP checksum is right once the guest has rewritten the first word of
 * its payload.
 */
export function rewrittenFrame({ mac, address, peer }: Nic): Buffer {
  const inner = [innerSource, vxlan.address] as const;
  const segment = tcp(inner, Buffer.concat([Buffer.from(rewrittenWord), payload]));
  segment.write(sentWord, segment.length - payload.length - rewrittenWord.length);
  const outer = [peer, address] as const;
  return ethernet(
    mac,
    etherType.ipv4,
    ipv4(outer, protocols.udp, udp(outer, vxlan.port, encapsulated(segment))),
  );
}

/** Where that word is in the inner IP packet, and what it becomes. */
export const rewrite = { offset: 40, word: '0x78787878' } as const;

type Addresses = readonly [source: string, destination: string];

function encapsulated(segment: Buffer, protocol: number = protocols.tcp): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(0x08);
  header.writeUIntBE(vxlan.id, 4, 3);
  const packet = ipv4([innerSource, vxlan.address], protocol, segment);
  return Buffer.concat([header, ethernet(vxlan.mac, etherType.ipv4, packet)]);
}

function ethernet(destination: string, type: number, packet: Buffer): Buffer {
  const header = Buffer.from(`${destination}${sourceMac}0000`.replaceAll(':', ''), 'hex');
  header.writeUInt16BE(type, 12);
  return Buffer.concat([header, packet]);
}

function ipv4(addresses: Addresses, protocol: number, segment: Buffer): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt8(0x45, 0);
  header.writeUInt16BE(20 + segment.length, 2);
  header.writeUInt8(64, 8);
  header.writeUInt8(protocol, 9);
  return Buffer.concat([
    withChecksum(Buffer.concat([header, ...addresses.map(addressBytes)]), 10, Buffer.alloc(0)),
    segment,
  ]);
}

function ipv6(segment: Buffer): Buffer {
  const header = Buffer.from([0x60, 0, 0, 0, 0, segment.length, protocols.udp, 64]);
  return Buffer.concat([header, addressBytes(ipv6Source), addressBytes(ipv6Address), segment]);
}

function udp(addresses: Addresses, port: number, content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(40_000, 0);
  header.writeUInt16BE(port, 2);
  header.writeUInt16BE(header.length + content.length, 4);
  const segment = Buffer.concat([header, content]);
  return withChecksum(segment, 6, pseudoHeader(addresses, protocols.udp, segment.length));
}

function tcp(addresses: Addresses, content: Buffer): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(40_000, 0);
  header.writeUInt16BE(5001, 2);
  // SYN.
  header.writeUInt16BE(0x5002, 12);
  const segment = Buffer.concat([header, content]);
  return withChecksum(segment, 16, pseudoHeader(addresses, protocols.tcp, segment.length));
}

function icmp(): Buffer {
  return withChecksum(
    Buffer.concat([Buffer.from([8, 0, 0, 0, 0, 1, 0, 1]), payload]),
    2,
    Buffer.alloc(0),
  );
}

function pseudoHeader(addresses: Addresses, protocol: number, length: number): Buffer {
  const end = Buffer.alloc(4);
  end.writeUInt8(protocol, 1);
  end.writeUInt16BE(length, 2);
  return Buffer.concat([...addresses.map(addressBytes), end]);
}

function withChecksum(bytes: Buffer, offset: number, before: Buffer): Buffer {
  bytes.writeUInt16BE(internetChecksum(Buffer.concat([before, bytes])) || 0xffff, offset);
  return bytes;
}

function corrupt(bytes: Buffer, offset: number): Buffer {
  bytes.writeUInt16BE(bytes.readUInt16BE(offset) ^ 0x5555, offset);
  return bytes;
}

function addressBytes(address: string): Buffer {
  return address.includes(':')
    ? Buffer.concat(address.split(':').map((group) => Buffer.from(group.padStart(4, '0'), 'hex')))
    : Buffer.from(address.split('.').map(Number));
}
