/** Sender, receiver and virtual network of a VXLAN packet. */
export interface VxlanFrameOptions {
  readonly sourceMac: string;
  readonly destinationMac: string;
  readonly sourceAddress: string;
  readonly destinationAddress: string;
  readonly destinationPort: number;
  readonly vni: number;
  /** Address of the receiving VXLAN device, on the frame inside. */
  readonly innerDestinationMac: string;
  /** Whether the outer UDP checksum is right. */
  readonly goodChecksum: boolean;
}

const etherTypeIpv4 = 0x0800;
/** IEEE 802 local experimental: no protocol of any stack takes the frame inside for its own. */
const etherTypeExperimental = 0x88b5;
const protocolUdp = 17;
const sourcePort = 54_321;

/** Builds an Ethernet frame with a VXLAN packet over IPv4 in it. */
export function vxlanFrame(options: VxlanFrameOptions): Buffer {
  const inner = ethernetFrame(
    options.innerDestinationMac,
    '02:00:00:00:00:99',
    etherTypeExperimental,
    Buffer.from('a payload of the frame inside, long enough to need no padding'),
  );
  const vxlan = Buffer.alloc(8);
  vxlan.writeUInt8(0x08);
  vxlan.writeUIntBE(options.vni, 4, 3);
  const udp = udpDatagram(Buffer.concat([vxlan, inner]), options);
  return ethernetFrame(
    options.destinationMac,
    options.sourceMac,
    etherTypeIpv4,
    ipv4Packet(udp, options),
  );
}

/**
 * The Internet checksum: the ones' complement of the ones' complement sum of 16-bit words.
 *
 * @see RFC 1071
 */
export function internetChecksum(bytes: Buffer): number {
  const padded = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
  let sum = 0;
  for (let offset = 0; offset < padded.length; offset += 2) {
    sum += padded.readUInt16BE(offset);
  }
  while (sum > 0xffff) {
    sum = (sum & 0xffff) + (sum >>> 16);
  }
  return ~sum & 0xffff;
}

function udpDatagram(
  payload: Buffer,
  { sourceAddress, destinationAddress, destinationPort, goodChecksum }: VxlanFrameOptions,
): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(sourcePort, 0);
  header.writeUInt16BE(destinationPort, 2);
  header.writeUInt16BE(header.length + payload.length, 4);
  const pseudoHeader = Buffer.concat([
    ipv4Bytes(sourceAddress),
    ipv4Bytes(destinationAddress),
    Buffer.from([0, protocolUdp]),
    header.subarray(4, 6),
  ]);
  // On the wire 0 means that there is no checksum, so a sum of 0 is sent as its other form.
  const checksum = internetChecksum(Buffer.concat([pseudoHeader, header, payload])) || 0xffff;
  header.writeUInt16BE(goodChecksum ? checksum : wrongChecksum(checksum), 6);
  return Buffer.concat([header, payload]);
}

/** Neither the right checksum, nor its other form, nor "none". */
function wrongChecksum(checksum: number): number {
  return checksum === 0x1234 ? 0x4321 : 0x1234;
}

function ipv4Packet(
  payload: Buffer,
  { sourceAddress, destinationAddress }: VxlanFrameOptions,
): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt8(0x45, 0);
  header.writeUInt16BE(header.length + payload.length, 2);
  header.writeUInt8(64, 8);
  header.writeUInt8(protocolUdp, 9);
  ipv4Bytes(sourceAddress).copy(header, 12);
  ipv4Bytes(destinationAddress).copy(header, 16);
  header.writeUInt16BE(internetChecksum(header), 10);
  return Buffer.concat([header, payload]);
}

function ethernetFrame(
  destination: string,
  source: string,
  etherType: number,
  payload: Buffer,
): Buffer {
  const type = Buffer.alloc(2);
  type.writeUInt16BE(etherType);
  return Buffer.concat([macBytes(destination), macBytes(source), type, payload]);
}

function macBytes(address: string): Buffer {
  return Buffer.from(address.replaceAll(':', ''), 'hex');
}

function ipv4Bytes(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}
