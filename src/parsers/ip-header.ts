import { byteAt, isIntact, numberAt, sumWords } from './packet-data.ts';
import type { PacketData } from './packet-data.ts';

/** Numbers of protocols in IP headers. @see https://www.iana.org/assignments/protocol-numbers */
export const protocols = { ipip: 4, tcp: 6, udp: 17, sit: 41 } as const;

/** Values of the type of an Ethernet frame. */
export const etherTypes = { ipv4: 0x0800, ipv6: 0x86dd } as const;

/** An IP header; its numbers are offsets into the packet. */
export interface IpHeader {
  readonly version: 4 | 6;
  readonly at: number;
  readonly addresses: { readonly at: number; readonly bytes: 4 | 16 };
  readonly protocol: number;
  /** Start of the payload, and end of the IP packet. */
  readonly payload: number;
  readonly end: number;
  readonly isFragment: boolean;
  /** False if the checksum of an IPv4 header is wrong. */
  readonly isIntact: boolean;
}

const ipv6HeaderBytes = 40;
/** Extension headers of IPv6 that precede the protocol. @see RFC 8200 */
const extensions: ReadonlySet<number> = new Set([0, 43, 60]);
const fragmentExtension = 44;
const maxExtensions = 8;

/** Parses the IP header at an offset; undefined if there is none. */
export function parseIpHeader(data: PacketData, at: number): IpHeader | undefined {
  const version = byteAt(data, at) >> 4;
  return version === 4 ? parseIpv4(data, at) : version === 6 ? parseIpv6(data, at) : undefined;
}

/** The source address of an IP packet, as the kernel prints it. */
export function sourceAddress({ bytes }: PacketData, { version, addresses }: IpHeader): string {
  const source = bytes.subarray(addresses.at, addresses.at + addresses.bytes);
  if (version === 4) {
    return source.join('.');
  }
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((source[2 * index] ?? 0) << 8) | (source[2 * index + 1] ?? 0)).toString(16),
  );
  // URL shortens the address as in RFC 5952.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** The eight groups of an IPv6 address; a zone is ignored. */
export function ipv6Groups(address: string): readonly string[] {
  const [head = [], tail = []] = address
    .replace(/%.*$/, '')
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0');
  return [...head, ...zeros, ...tail];
}

function parseIpv4(data: PacketData, at: number): IpHeader | undefined {
  const headerBytes = (byteAt(data, at) & 0xf) * 4;
  const totalBytes = numberAt(data, at + 2);
  if (headerBytes < 20 || totalBytes < headerBytes || at + headerBytes > data.length) {
    return undefined;
  }
  return {
    version: 4,
    at,
    addresses: { at: at + 12, bytes: 4 },
    protocol: byteAt(data, at + 9),
    payload: at + headerBytes,
    end: at + totalBytes,
    isFragment: (numberAt(data, at + 6) & 0x3fff) !== 0,
    isIntact: isIntact(sumWords(data, at, at + headerBytes)),
  };
}

function parseIpv6(data: PacketData, at: number): IpHeader | undefined {
  if (at + ipv6HeaderBytes > data.length) {
    return undefined;
  }
  let protocol = byteAt(data, at + 6);
  let payload = at + ipv6HeaderBytes;
  for (let count = 0; extensions.has(protocol) && count < maxExtensions; count += 1) {
    protocol = byteAt(data, payload);
    payload += (byteAt(data, payload + 1) + 1) * 8;
  }
  return {
    version: 6,
    at,
    addresses: { at: at + 8, bytes: 16 },
    protocol,
    payload,
    end: at + ipv6HeaderBytes + numberAt(data, at + 4),
    isFragment: protocol === fragmentExtension,
    isIntact: true,
  };
}
