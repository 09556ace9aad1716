import { close } from 'node:fs';

import { SourceError } from '../model/errors.ts';
import { readU32, writeU32, writeU64 } from '../parsers/ethtool-structs.ts';
import { tunnelFilter } from '../parsers/tunnel-filter.ts';
import type { TunnelFilterOptions } from '../parsers/tunnel-filter.ts';
import type { Host, PacketSocket } from './host.ts';
import type { Libc } from './libc.ts';

/** @see packet(7), include/uapi/linux/if_packet.h */
const packets = {
  family: 17,
  rawNonBlockCloseOnExec: 0o2004003,
  allProtocols: 3,
  address: { bytes: 20, protocol: 2, interfaceIndex: 4 },
} as const;
const socketLevel = {
  level: 1,
  receiveBuffer: 8,
  attachFilter: 26,
  forceReceiveBuffer: 33,
} as const;
const packetLevel = { level: 263, statistics: 6, virtioHeader: 15, ignoreOutgoing: 23 } as const;
/** Enough for the samples between two reads. Without CAP_NET_ADMIN the kernel grants at most net.core.rmem_max. */
const receiveBufferBytes = 1024 * 1024;
/** Max size of a frame that was not merged, with its virtio header. */
const packetBytes = 10_240;
/** @see madvise(2), MADV_DONTDUMP */
const doNotDump = 16;
const pageBytes = 65_536;

type PacketCalls = Pick<
  Libc,
  | 'addressOf'
  | 'bind'
  | 'getOption'
  | 'madvise'
  | 'pointerBytes'
  | 'receive'
  | 'setOption'
  | 'socket'
>;

/** Creates the function that opens packet sockets. All receive into one buffer, which core dumps exclude. */
export function createPacketSockets(libc: PacketCalls): NonNullable<Host['openPacketSocket']> {
  let buffer: Buffer | undefined;
  return (interfaceIndex, filter) => {
    const descriptor = libc.socket(packets.family, packets.rawNonBlockCloseOnExec, 0);
    if (typeof descriptor === 'string') {
      throw packetError('socket', descriptor);
    }
    buffer ??= createUndumpedBuffer(libc, packetBytes);
    try {
      // Before the bind, so that every queued packet has passed the filter.
      check('SO_ATTACH_FILTER', attachFilter(libc, descriptor, filter));
      const { level, virtioHeader, ignoreOutgoing } = packetLevel;
      check(
        'PACKET_VNET_HDR',
        libc.setOption(descriptor, { level, name: virtioHeader }, integer(1)),
      );
      // Optional.
      libc.setOption(descriptor, { level, name: ignoreOutgoing }, integer(1));
      for (const name of [socketLevel.receiveBuffer, socketLevel.forceReceiveBuffer]) {
        const option = { level: socketLevel.level, name };
        libc.setOption(descriptor, option, integer(receiveBufferBytes));
      }
      check('bind', libc.bind(descriptor, packetAddress(interfaceIndex)));
    } catch (error) {
      close(descriptor);
      throw error;
    }
    return createPacketSocket(libc, descriptor, buffer);
  };
}

function createPacketSocket(libc: PacketCalls, descriptor: number, buffer: Buffer): PacketSocket {
  const statistics = Buffer.alloc(8);
  const statisticsOption = { level: packetLevel.level, name: packetLevel.statistics };
  return {
    receive: () => {
      const received = libc.receive(descriptor, buffer);
      if (typeof received === 'number') {
        return buffer.subarray(0, received);
      }
      switch (received) {
        // Two names of one number; either may be returned.
        case 'EAGAIN':
        case 'EWOULDBLOCK':
          return undefined;
        case 'ENETDOWN':
          return 'down';
        default:
          return 'unreadable';
      }
    },
    setFilter: (filter) => attachFilter(libc, descriptor, filter) === undefined,
    takeLost: () => {
      const error = libc.getOption(descriptor, statisticsOption, statistics);
      return error === undefined ? readU32(statistics, 4) : 0;
    },
    // Off the main thread: the kernel waits for packets on their way to the socket.
    close: () => {
      close(descriptor);
    },
  };
}

/** @returns the name of the errno, or undefined. */
function attachFilter(
  libc: PacketCalls,
  descriptor: number,
  options: TunnelFilterOptions,
): string | undefined {
  const filter = tunnelFilter(options);
  const program = Buffer.alloc(2 * libc.pointerBytes);
  new Uint16Array(program.buffer, program.byteOffset, 1)[0] = filter.length / 8;
  if (libc.pointerBytes === 8) {
    writeU64(program, 8, libc.addressOf(filter));
  } else {
    writeU32(program, 4, Number(libc.addressOf(filter)));
  }
  const option = { level: socketLevel.level, name: socketLevel.attachFilter };
  return libc.setOption(descriptor, option, program);
}

/** A `struct sockaddr_ll`. */
function packetAddress(interfaceIndex: number): Buffer {
  const { bytes, protocol, interfaceIndex: index } = packets.address;
  const address = Buffer.alloc(bytes);
  new Uint16Array(address.buffer, address.byteOffset, 1)[0] = packets.family;
  address.writeUInt16BE(packets.allProtocols, protocol);
  writeU32(address, index, interfaceIndex);
  return address;
}

function integer(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  writeU32(buffer, 0, value);
  return buffer;
}

function check(call: string, error: string | undefined): void {
  if (error !== undefined) {
    throw packetError(call, error);
  }
}

function packetError(call: string, error: string): SourceError {
  return error === 'EPERM' || error === 'EACCES'
    ? new SourceError(
        'denied',
        'packet sockets need the capability CAP_NET_RAW, which the agent lacks',
      )
    : new SourceError('failed', `packet socket: ${call}: ${error}`);
}

/** Creates a buffer that core dumps of this process exclude. It has its own pages, whatever the page size of the kernel. */
export function createUndumpedBuffer(
  { addressOf, madvise }: Pick<Libc, 'addressOf' | 'madvise'>,
  minBytes: number,
): Buffer {
  const bytes = Math.ceil(minBytes / pageBytes) * pageBytes;
  const memory = Buffer.from(new ArrayBuffer(bytes + pageBytes));
  const start = pageBytes - Number(addressOf(memory) % BigInt(pageBytes));
  const buffer = memory.subarray(start, start + bytes);
  madvise(buffer, doNotDump);
  return buffer;
}
