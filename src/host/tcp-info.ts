import type { Socket } from 'node:net';

import { parseTcpInfo, tcpInfoBytes } from '../parsers/tcp-info.ts';
import type { TcpSegments } from '../parsers/tcp-info.ts';
import type { Libc } from './libc.ts';

/** IPPROTO_TCP and TCP_INFO. @see tcp(7) */
const tcpInfoOption = { level: 6, name: 11 } as const;

/** Reads the segments that an open connection has sent; undefined if they cannot be read. */
export type ReadTcpSegments = (socket: Socket) => TcpSegments | undefined;

/** Creates the function that reads the kernel's information on a connection. */
export function createTcpInfo({ getOption }: Pick<Libc, 'getOption'>): ReadTcpSegments {
  return (socket) => {
    const descriptor = descriptorOf(socket);
    const info = Buffer.alloc(tcpInfoBytes);
    return descriptor === undefined || getOption(descriptor, tcpInfoOption, info) !== undefined
      ? undefined
      : parseTcpInfo(info);
  };
}

/** Node.js has no public access to it. */
function descriptorOf(socket: Socket): number | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  const descriptor: unknown =
    typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  return typeof descriptor === 'number' && descriptor >= 0 ? descriptor : undefined;
}
