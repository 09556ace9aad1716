import { etherTypes, parseIpHeader, protocols, sourceAddress } from './ip-header.ts';
import type { IpHeader } from './ip-header.ts';
import { byteAt, isIntact, numberAt, packetData, sumWords, wordAt, wordOf } from './packet-data.ts';
import type { PacketData } from './packet-data.ts';

/** The result of a sampled packet; values of the label `result`. */
export type PacketResult =
  | 'good'
  | 'bad'
  /** Merged by GRO, which only merges good packets. */
  | 'merged'
  /** Sent by this machine: its checksums are not computed yet. */
  | 'not_ready'
  /** Has no checksum that covers its payload. */
  | 'unchecked'
  /** Its UDP checksum over IPv6 is 0, which the kernel drops unless the tunnel allows it; all others are good. */
  | 'ipv6_without_checksum'
  | 'malformed';

/** The layer of a tunnel with a wrong checksum; the outer one if both are wrong. */
export const tunnelLayers = ['outer', 'inner'] as const;
export type TunnelLayer = (typeof tunnelLayers)[number];

export interface InspectedPacket {
  readonly result: PacketResult;
  /** Address of the sending node; undefined for a malformed packet. */
  readonly source: string | undefined;
  readonly badLayer: TunnelLayer | undefined;
  /** Number of packets on the wire: more than one if they were merged. */
  readonly packets: number;
}

/** The header PACKET_VNET_HDR puts before a frame, in the byte order of the machine. @see include/uapi/linux/virtio_net.h */
const virtioHeader = {
  bytes: 10,
  needsChecksum: 1,
  gsoType: 1,
  gsoBytes: 4,
  checksumStart: 6,
  checksumOffset: 8,
} as const;

const vlanTypes: ReadonlySet<number> = new Set([0x8100, 0x88a8]);
const maxVlanTags = 3;
const transparentEthernet = 0x6558;
const genevePort = 6081;
const udpHeaderBytes = 8;
const minTcpHeaderBytes = 20;

const malformed: InspectedPacket = {
  result: 'malformed',
  source: undefined,
  badLayer: undefined,
  packets: 1,
};

/** State of a checksum: `none` if there is nothing to verify, `pending` if it is not computed yet. */
type Check = 'good' | 'bad' | 'none' | 'pending';

/** Offsets of a checksum that is yet to be computed (CHECKSUM_PARTIAL). */
interface Pending {
  readonly start: number;
  readonly field: number;
}

/** A range whose words are already summed. */
interface Summed {
  readonly from: number;
  readonly to: number;
  readonly sum: number;
}

/**
 * Verifies the checksums of a tunnel packet: VXLAN, Geneve (on its own port) or IP in IP, over IPv4 or IPv6. Of its contents,
 * only the source address leaves this function.
 *
 * @param packet as a packet socket with PACKET_VNET_HDR receives it
 */
export function inspectTunnelPacket(packet: Uint8Array): InspectedPacket {
  const data = packetData(packet);
  const frame = skipEthernet(data, virtioHeader.bytes);
  const outer = parseIpHeader(data, frame.at);
  if (outer?.isIntact !== true || outer.isFragment) {
    return malformed;
  }
  const inner = parseInner(data, outer);
  const source = sourceAddress(data, outer);
  // First, because a merged packet is always marked as without a checksum.
  if (byteAt(data, virtioHeader.gsoType) !== 0) {
    const packets = segments(data, outer, inner);
    return { result: 'merged', source, badLayer: undefined, packets };
  }
  if (outer.end > data.length) {
    return malformed;
  }
  const pending = pendingChecksum(data);
  const innerChecked =
    inner === undefined || inner.end > outer.end
      ? unsummed
      : checkTransport(data, inner, { pending });
  const outerCheck =
    outer.protocol === protocols.udp
      ? checkTransport(data, outer, { pending, summed: innerChecked.summed }).check
      : 'none';
  const badLayer = badLayerOf(outerCheck, inner?.isIntact === false ? 'bad' : innerChecked.check);
  return {
    result: badLayer === undefined ? resultOf(outer, outerCheck, innerChecked.check) : 'bad',
    source,
    badLayer,
    packets: 1,
  };
}

function badLayerOf(outer: Check, inner: Check): TunnelLayer | undefined {
  return outer === 'bad' ? 'outer' : inner === 'bad' ? 'inner' : undefined;
}

function resultOf({ version, protocol }: IpHeader, outer: Check, inner: Check): PacketResult {
  if (version === 6 && protocol === protocols.udp && outer === 'none') {
    return 'ipv6_without_checksum';
  }
  if (outer === 'good' || inner === 'good') {
    return 'good';
  }
  return outer === 'pending' || inner === 'pending' ? 'not_ready' : 'unchecked';
}

function skipEthernet(data: PacketData, at: number) {
  let typeAt = at + 12;
  for (let tags = 0; vlanTypes.has(numberAt(data, typeAt)) && tags < maxVlanTags; tags += 1) {
    typeAt += 4;
  }
  return { type: numberAt(data, typeAt), at: typeAt + 2 };
}

/** The IP header of the inner packet; undefined if it is not IP. */
function parseInner(data: PacketData, { protocol, payload }: IpHeader): IpHeader | undefined {
  if (protocol !== protocols.udp) {
    return parseIpHeader(data, payload);
  }
  const tunnel = payload + udpHeaderBytes;
  const isGeneve = numberAt(data, payload + 2) === genevePort;
  const carried = isGeneve ? numberAt(data, tunnel + 2) : transparentEthernet;
  const carriedAt = tunnel + 8 + (isGeneve ? (byteAt(data, tunnel) & 0x3f) * 4 : 0);
  const { type, at } =
    carried === transparentEthernet
      ? skipEthernet(data, carriedAt)
      : { type: carried, at: carriedAt };
  return type === etherTypes.ipv4 || type === etherTypes.ipv6 ? parseIpHeader(data, at) : undefined;
}

/** Number of packets that were merged. @see ip_summed and gso_size in include/linux/skbuff.h */
function segments(data: PacketData, outer: IpHeader, inner: IpHeader | undefined): number {
  const innermost = inner ?? outer;
  const headerBytes =
    innermost.protocol === protocols.tcp
      ? (byteAt(data, innermost.payload + 12) >> 4) * 4
      : udpHeaderBytes;
  const carriedBytes = outer.end - innermost.payload - headerBytes;
  const segmentBytes = wordAt(data, virtioHeader.gsoBytes);
  return segmentBytes === 0 ? 1 : Math.max(1, Math.ceil(carriedBytes / segmentBytes));
}

function pendingChecksum(data: PacketData): Pending | undefined {
  if ((byteAt(data, 0) & virtioHeader.needsChecksum) === 0) {
    return undefined;
  }
  const start = virtioHeader.bytes + wordAt(data, virtioHeader.checksumStart);
  return { start, field: start + wordAt(data, virtioHeader.checksumOffset) };
}

interface CheckedTransport {
  readonly check: Check;
  readonly summed: Summed | undefined;
}

const unsummed: CheckedTransport = { check: 'none', summed: undefined };

function checkTransport(
  data: PacketData,
  { addresses, protocol, payload, end, isFragment }: IpHeader,
  { pending, summed }: Pick<SumOptions, 'pending' | 'summed'>,
): CheckedTransport {
  const isUdp = protocol === protocols.udp;
  const minBytes = isUdp ? udpHeaderBytes : minTcpHeaderBytes;
  const availableBytes = end - payload;
  if (
    isFragment ||
    availableBytes < minBytes ||
    (isUdp ? numberAt(data, payload + 6) === 0 : protocol !== protocols.tcp)
  ) {
    return unsummed;
  }
  if (pending?.start === payload) {
    return { check: 'pending', summed: undefined };
  }
  // An impossible length is corruption too, and makes the sum wrong.
  const length = isUdp ? numberAt(data, payload + 4) : availableBytes;
  const to = payload + Math.min(length, availableBytes);
  const sum = sumTransport(data, { from: payload, to, pending, summed });
  const pseudoHeader =
    sumWords(data, addresses.at, addresses.at + 2 * addresses.bytes) +
    wordOf(0, protocol) +
    wordOf(length >> 8, length & 0xff);
  return {
    check: isIntact(pseudoHeader + sum) ? 'good' : 'bad',
    summed: { from: payload, to, sum },
  };
}

interface SumOptions {
  readonly from: number;
  readonly to: number;
  readonly pending?: Pending | undefined;
  readonly summed?: Summed | undefined;
}

function sumTransport(data: PacketData, { from, to, pending, summed }: SumOptions): number {
  if (pending !== undefined && pending.start > from && pending.start < to) {
    // The sum of that part once its checksum is computed. @see lco_csum() in include/linux/skbuff.h
    return sumWords(data, from, pending.start) + (0xffff - wordAt(data, pending.field));
  }
  if (summed !== undefined && summed.to <= to && (summed.to === to || summed.to % 2 === 0)) {
    return sumWords(data, from, summed.from) + summed.sum + sumWords(data, summed.to, to);
  }
  return sumWords(data, from, to);
}
