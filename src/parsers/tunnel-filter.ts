import { etherTypes, ipv6Groups, protocols } from './ip-header.ts';
import { writeU32 } from './ethtool-structs.ts';

/** Which packets are sampled. */
export interface TunnelFilterOptions {
  /** UDP destination ports of tunnels. */
  readonly ports: readonly number[];
  /** One in this many packets is sampled, at random. */
  readonly oneOf: number;
  /** Addresses of this node: they select packets sent to the MAC address of a bridge above the port. */
  readonly addresses: readonly string[];
}

/** A jump spans at most 255 instructions, which limits ports and addresses. */
export const maxFilterPorts = 32;
const maxFilterAddresses = 64;

/** Longer packets were merged: only their headers are needed. */
const maxFrameBytes = 9300;
/**
 * Enough for IPv6 in IPv6 with VLAN tags. With some payload behind them, the kernel would charge the whole packet to the receive
 * buffer, which 30 packets would fill. @see skb_condense() in net/core/skbuff.c
 */
const headersBytes = 160;

/** Instructions of classic BPF. @see include/uapi/linux/filter.h, include/uapi/linux/bpf_common.h */
const codes = {
  loadWord: 0x20,
  loadHalf: 0x28,
  loadWordAtX: 0x40,
  loadHalfAtX: 0x48,
  loadByteAtX: 0x50,
  loadLength: 0x80,
  loadX: 0x01,
  loadMemory: 0x60,
  store: 0x02,
  and: 0x54,
  shiftLeft: 0x64,
  addX: 0x0c,
  toX: 0x07,
  jump: 0x05,
  jumpEqual: 0x15,
  jumpGreater: 0x25,
  jumpSet: 0x45,
  return: 0x06,
} as const;

/** Offsets of metadata of the packet. */
const ancillary = { packetType: 0xfffff000 + 4, random: 0xfffff000 + 56 } as const;
const packetTypes = { host: 0, otherHost: 3 } as const;
const vlanTypes = [0x8100, 0x88a8] as const;
const instructionBytes = 8;

interface Instruction {
  readonly code: number;
  readonly value: number;
  /** Labels; by default the next instruction. */
  readonly whenTrue?: string | undefined;
  readonly whenFalse?: string | undefined;
}

/**
 * Builds the socket filter that samples one in N tunnel packets to this node, over IPv4 or IPv6, with up to two VLAN tags,
 * except fragments.
 *
 * @returns an array of `struct sock_filter` in the byte order of the machine
 */
export function tunnelFilter({ ports, oneOf, addresses }: TunnelFilterOptions): Buffer {
  const own = addresses.slice(0, maxFilterAddresses);
  const program: Instruction[] = [];
  const labels = new Map<string, number>();
  const add = (code: number, value: number, whenTrue?: string, whenFalse?: string): void => {
    program.push({ code, value, whenTrue, whenFalse });
  };
  const label = (name: string): void => {
    labels.set(name, program.length);
  };
  const jumpIfAny = (values: readonly number[], target: string): void => {
    for (const value of values) {
      add(codes.jumpEqual, value, target);
    }
  };

  add(codes.loadWord, ancillary.packetType);
  add(codes.store, 0);
  add(codes.jumpEqual, packetTypes.host, 'untagged');
  add(codes.jumpEqual, packetTypes.otherHost, undefined, 'drop');
  // X is the length of the VLAN tags.
  label('untagged');
  add(codes.loadX, 0);
  add(codes.loadHalf, 12);
  jumpIfAny(vlanTypes, 'tagged');
  add(codes.jump, 0, 'typed');
  label('tagged');
  add(codes.loadX, 4);
  add(codes.loadHalf, 16);
  jumpIfAny(vlanTypes, 'tagged twice');
  add(codes.jump, 0, 'typed');
  label('tagged twice');
  add(codes.loadX, 8);
  add(codes.loadHalf, 20);
  label('typed');
  add(codes.jumpEqual, etherTypes.ipv4, 'ipv4');
  add(codes.jumpEqual, etherTypes.ipv6, 'ipv6', 'drop');

  label('ipv4');
  add(codes.loadHalfAtX, 14 + 6);
  add(codes.jumpSet, 0x3fff, 'drop');
  add(codes.loadMemory, 0);
  add(codes.jumpEqual, packetTypes.host, 'ipv4 to us');
  add(codes.loadWordAtX, 14 + 16);
  jumpIfAny(lastWords(own, 4), 'ipv4 to us');
  add(codes.jump, 0, 'drop');
  label('ipv4 to us');
  add(codes.loadByteAtX, 14 + 9);
  jumpIfAny([protocols.ipip, protocols.sit], 'sample');
  add(codes.jumpEqual, protocols.udp, undefined, 'drop');
  add(codes.loadByteAtX, 14);
  add(codes.and, 0xf);
  add(codes.shiftLeft, 2);
  add(codes.addX, 0);
  add(codes.toX, 0);
  add(codes.loadHalfAtX, 14 + 2);
  jumpIfAny(ports, 'sample');
  add(codes.jump, 0, 'drop');

  label('ipv6');
  add(codes.loadMemory, 0);
  add(codes.jumpEqual, packetTypes.host, 'ipv6 to us');
  add(codes.loadWordAtX, 14 + 36);
  jumpIfAny(lastWords(own, 6), 'ipv6 to us');
  add(codes.jump, 0, 'drop');
  label('ipv6 to us');
  add(codes.loadByteAtX, 14 + 6);
  jumpIfAny([protocols.ipip, protocols.sit], 'sample');
  add(codes.jumpEqual, protocols.udp, undefined, 'drop');
  add(codes.loadHalfAtX, 14 + 40 + 2);
  jumpIfAny(ports, 'sample');
  label('drop');
  add(codes.return, 0);

  label('sample');
  if (oneOf > 1) {
    add(codes.loadWord, ancillary.random);
    add(codes.jumpGreater, Math.floor(2 ** 32 / oneOf) - 1, 'discard');
  }
  add(codes.loadLength, 0);
  add(codes.jumpGreater, maxFrameBytes, 'headers');
  add(codes.return, 0x40000);
  label('headers');
  add(codes.return, headersBytes);
  label('discard');
  add(codes.return, 0);
  return assemble(program, labels);
}

/** The last 32 bits of the addresses of one version, which identify the node. */
function lastWords(addresses: readonly string[], version: 4 | 6): readonly number[] {
  return addresses
    .filter((address) => address.includes(':') === (version === 6))
    .map((address) =>
      version === 4
        ? Buffer.from(address.split('.').map(Number)).readUInt32BE()
        : Number.parseInt(
            ipv6Groups(address)
              .slice(-2)
              .map((group) => group.padStart(4, '0'))
              .join(''),
            16,
          ),
    );
}

function assemble(program: readonly Instruction[], labels: ReadonlyMap<string, number>): Buffer {
  const filter = Buffer.alloc(program.length * instructionBytes);
  for (const [index, { code, value, whenTrue, whenFalse }] of program.entries()) {
    const at = index * instructionBytes;
    const distance = (target: string | undefined): number =>
      target === undefined ? 0 : (labels.get(target) ?? index) - index - 1;
    // An unconditional jump has its distance in place of a value.
    const isJump = code === codes.jump;
    // A 16-bit view has the byte order of the machine.
    new Uint16Array(filter.buffer, filter.byteOffset + at, 1)[0] = code;
    filter.writeUInt8(isJump ? 0 : distance(whenTrue), at + 2);
    filter.writeUInt8(isJump ? 0 : distance(whenFalse), at + 3);
    writeU32(filter, at + 4, isJump ? distance(whenTrue) : value);
  }
  return filter;
}
