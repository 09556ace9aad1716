import { internetChecksum } from './vxlan-frame.ts';

/** What a packet in a tunnel is made of. By default all checksums are right. */
export interface TunnelPacketOptions {
  readonly tunnel?: 'vxlan' | 'geneve' | 'geneve-ip' | 'ipip';
  readonly underlay?: Family;
  readonly inner?: Family;
  readonly protocol?: 'tcp' | 'udp' | 'arp';
  readonly outerChecksum?: 'good' | 'bad' | 'none';
  readonly innerChecksum?: 'good' | 'bad' | 'none';
  readonly payloadBytes?: number;
  /** EtherTypes of VLAN tags on the frame, and on the one inside. */
  readonly tags?: readonly number[];
  readonly innerTags?: readonly number[];
  /** Bytes of options in the outer IPv4 header, and of padding behind the frame. */
  readonly optionBytes?: number;
  readonly paddingBytes?: number;
  readonly source?: string;
  readonly vnet?: Partial<VnetHeader>;
}

type Family = 'ipv4' | 'ipv6';

interface VnetHeader {
  readonly flags: number;
  readonly gsoType: number;
  readonly gsoBytes: number;
  /** Where the checksum begins that is not computed: of which layer. */
  readonly pending: 'outer' | 'inner';
}

const etherType = { ipv4: 0x0800, ipv6: 0x86dd } as const;
const ipProtocol = { tcp: 6, udp: 17, ipip: 4, sit: 41 } as const;
const checksumOffset = { tcp: 16, udp: 6 } as const;
const destination = { ipv4: '192.0.2.1', ipv6: '2001:db8:0:0:0:0:0:1' } as const;
const vnetBytes = 10;

/** Builds what a packet socket with PACKET_VNET_HDR receives. */
export function tunnelPacket(options: TunnelPacketOptions = {}): Buffer {
  const { tunnel = 'vxlan', underlay = 'ipv4', inner = 'ipv4', protocol = 'tcp' } = options;
  const { outerChecksum = 'good', paddingBytes = 0, tags = [], vnet } = options;
  const source = options.source ?? (underlay === 'ipv4' ? '192.0.2.2' : '2001:db8:0:0:0:0:0:2');
  const carried = carriedPacket(options);
  const payload =
    tunnel === 'ipip'
      ? carried
      : transport('udp', {
          payload: Buffer.concat([tunnelHeader(tunnel, inner), carried]),
          port: tunnel === 'vxlan' ? 4789 : 6081,
          checksum: vnet?.pending === 'outer' ? 'bad' : outerChecksum,
          addresses: [source, destination[underlay]],
        });
  const network = ipPacket(payload, {
    protocol: tunnel === 'ipip' ? ipProtocol[inner === 'ipv4' ? 'ipip' : 'sit'] : ipProtocol.udp,
    addresses: [source, destination[underlay]],
    optionBytes: options.optionBytes ?? 0,
  });
  const frame = Buffer.concat([
    ethernet(etherType[underlay], tags, network),
    Buffer.alloc(paddingBytes, 0xa5),
  ]);
  const innerBytes = 20 + (options.payloadBytes ?? 100) - (protocol === 'udp' ? 12 : 0);
  const start =
    vnet?.pending === 'outer'
      ? frame.length - paddingBytes - payload.length
      : frame.length - paddingBytes - innerBytes;
  return Buffer.concat([
    vnetHeader(vnet, start, vnet?.pending === 'outer' ? 'udp' : protocol),
    frame,
  ]);
}

function carriedPacket(options: TunnelPacketOptions): Buffer {
  const { tunnel = 'vxlan', inner = 'ipv4', protocol = 'tcp', innerTags = [] } = options;
  const isBare = tunnel === 'ipip' || tunnel === 'geneve-ip';
  if (protocol === 'arp') {
    return ethernet(0x0806, innerTags, Buffer.alloc(28, 1));
  }
  const addresses =
    inner === 'ipv4'
      ? (['10.0.0.1', '10.0.0.2'] as const)
      : (['fd00:0:0:0:0:0:0:1', 'fd00:0:0:0:0:0:0:2'] as const);
  const packet = ipPacket(
    transport(protocol, {
      payload: Buffer.from(
        Array.from({ length: options.payloadBytes ?? 100 }, (_, index) => (index * 37) % 251),
      ),
      port: 80,
      checksum: options.innerChecksum ?? 'good',
      addresses,
    }),
    { protocol: ipProtocol[protocol], addresses, optionBytes: 0 },
  );
  return isBare ? packet : ethernet(etherType[inner], innerTags, packet);
}

function tunnelHeader(tunnel: 'vxlan' | 'geneve' | 'geneve-ip', inner: Family): Buffer {
  if (tunnel === 'vxlan') {
    return Buffer.from('0800000000002a00', 'hex');
  }
  const type = tunnel === 'geneve' ? '6558' : etherType[inner].toString(16).padStart(4, '0');
  // With two words of options.
  return Buffer.from(`0200${type}00002a000102030405060708`, 'hex');
}

interface TransportOptions {
  readonly payload: Buffer;
  readonly port: number;
  readonly checksum: 'good' | 'bad' | 'none';
  readonly addresses: readonly [string, string];
}

function transport(
  protocol: 'tcp' | 'udp',
  { payload, port, checksum, addresses }: TransportOptions,
): Buffer {
  const header = Buffer.alloc(protocol === 'tcp' ? 20 : 8);
  header.writeUInt16BE(54_321, 0);
  header.writeUInt16BE(port, 2);
  const length = header.length + payload.length;
  if (protocol === 'tcp') {
    header.writeUInt8(0x50, 12);
  } else {
    header.writeUInt16BE(length, 4);
  }
  const pseudoHeader = Buffer.concat([
    ...addresses.map(addressBytes),
    Buffer.from([0, ipProtocol[protocol], length >> 8, length & 0xff]),
  ]);
  const right = internetChecksum(Buffer.concat([pseudoHeader, header, payload])) || 0xffff;
  const values = { good: right, bad: right === 0x1234 ? 0x4321 : 0x1234, none: 0 };
  header.writeUInt16BE(values[checksum], checksumOffset[protocol]);
  return Buffer.concat([header, payload]);
}

interface IpOptions {
  readonly protocol: number;
  readonly addresses: readonly [string, string];
  readonly optionBytes: number;
}

function ipPacket(payload: Buffer, { protocol, addresses, optionBytes }: IpOptions): Buffer {
  const addressesBytes = addresses.map(addressBytes);
  if (addresses[0].includes(':')) {
    const header = Buffer.from([
      0x60,
      0,
      0,
      0,
      payload.length >> 8,
      payload.length & 0xff,
      protocol,
      64,
    ]);
    return Buffer.concat([header, ...addressesBytes, payload]);
  }
  const header = Buffer.alloc(20 + optionBytes, 1);
  header.fill(0, 0, 12);
  header.writeUInt8(0x40 + header.length / 4, 0);
  header.writeUInt16BE(header.length + payload.length, 2);
  header.writeUInt8(64, 8);
  header.writeUInt8(protocol, 9);
  Buffer.concat(addressesBytes).copy(header, 12);
  header.writeUInt16BE(internetChecksum(header), 10);
  return Buffer.concat([header, payload]);
}

function ethernet(type: number, tags: readonly number[], payload: Buffer): Buffer {
  const types = Buffer.alloc(tags.length * 4 + 2);
  for (const [index, tag] of tags.entries()) {
    types.writeUInt16BE(tag, index * 4);
    types.writeUInt16BE(7, index * 4 + 2);
  }
  types.writeUInt16BE(type, tags.length * 4);
  return Buffer.concat([Buffer.alloc(12, 2), types, payload]);
}

function addressBytes(address: string): Buffer {
  return address.includes(':')
    ? Buffer.concat(address.split(':').map((group) => Buffer.from(group.padStart(4, '0'), 'hex')))
    : Buffer.from(address.split('.').map(Number));
}

function vnetHeader(
  vnet: TunnelPacketOptions['vnet'],
  start: number,
  protocol: 'tcp' | 'udp' | 'arp',
): Buffer {
  const header = Buffer.alloc(vnetBytes);
  header.writeUInt8(vnet?.flags ?? 0, 0);
  header.writeUInt8(vnet?.gsoType ?? 0, 1);
  const isPending = ((vnet?.flags ?? 0) & 1) === 1;
  const fields = new Uint16Array([
    vnet?.gsoBytes ?? 0,
    isPending ? start : 0,
    isPending && protocol !== 'arp' ? checksumOffset[protocol] : 0,
  ]);
  Buffer.from(fields.buffer).copy(header, 4);
  return header;
}
