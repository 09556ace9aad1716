import { closeSync } from 'node:fs';
import { isIPv6 } from 'node:net';

import { SourceError } from '../model/errors.ts';
import { ipv6Groups } from '../parsers/ip-header.ts';
import type { Libc } from './libc.ts';

/** @see raw(7), ip(7), ipv6(7) */
const rawUdp = { rawCloseOnExec: 0o2000003, protocol: 17 } as const;
const ipv4 = { family: 2, address: { bytes: 16, at: 4 } } as const;
const ipv6 = { family: 10, address: { bytes: 28, at: 8 } } as const;

/** Sends UDP datagrams, headers included, to one address. */
export interface RawUdp {
  /** @returns the name of the errno, or undefined. */
  send(datagram: Buffer): string | undefined;
  close(): void;
}

/** Opens a raw socket: the kernel adds the IP header and leaves the UDP header unchanged. @throws {SourceError} */
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
  return isIPv6(address)
    ? Buffer.from(
        ipv6Groups(address)
          .map((group) => group.padStart(4, '0'))
          .join(''),
        'hex',
      )
    : Buffer.from(address.split('.').map(Number));
}
