import { closeSync } from 'node:fs';
import { isIPv6 } from 'node:net';

import { SourceError } from '../model/errors.ts';
import type { Libc } from './libc.ts';

/** @see raw(7), ip(7), ipv6(7) */
const rawUdp = { rawCloseOnExec: 0o2000003, protocol: 17 } as const;
const ipv4 = { family: 2, address: { bytes: 16, at: 4 } } as const;
const ipv6 = { family: 10, address: { bytes: 28, at: 8 } } as const;

/** A way to one address for UDP datagrams whose headers are given. */
export interface RawUdp {
  /** @returns the name of the errno, or undefined. */
  send(datagram: Buffer): string | undefined;
  close(): void;
}

/** Opens a raw socket: the kernel makes the IP header and leaves the UDP header as it is. @throws {SourceError} */
export function openRawUdp(libc: Pick<Libc, 'socket' | 'sendTo'>, address: string): RawUdp {
  const { family, address: layout } = isIPv6(address) ? ipv6 : ipv4;
  const descriptor = libc.socket(family, rawUdp.rawCloseOnExec, rawUdp.protocol);
  if (typeof descriptor === 'string') {
    throw descriptor === 'EPERM'
      ? new SourceError('denied', 'sending such packets needs the capability CAP_NET_RAW')
      : new SourceError('failed', `raw socket: ${descriptor}`);
  }
  const destination = Buffer.alloc(layout.bytes);
  new Uint16Array(destination.buffer, destination.byteOffset, 1)[0] = family;
  addressBytes(address).copy(destination, layout.at);
  return {
    send: (datagram) => libc.sendTo(descriptor, datagram, destination),
    close: () => {
      closeSync(descriptor);
    },
  };
}

function addressBytes(address: string): Buffer {
  if (!isIPv6(address)) {
    return Buffer.from(address.split('.').map(Number));
  }
  const [head = [], tail = []] = address
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  const groups = [...head, ...zeros, ...tail].map((group) => group.padStart(4, '0'));
  return Buffer.from(groups.join(''), 'hex');
}
