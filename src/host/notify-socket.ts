import { closeSync } from 'node:fs';

import { SourceError } from '../model/errors.ts';
import type { Libc } from './libc.ts';

/** Sends one message to systemd. @throws {SourceError} `failed` when it cannot be sent. @see sd_notify(3) */
export type NotifySocket = (path: string, message: string) => void;

/** @see unix(7), socket(2) */
const unixSocket = { family: 1, datagramCloseOnExec: 0o2000002, maxPathBytes: 108 } as const;

/** Creates the function that sends datagrams to a Unix socket, which Node.js cannot. */
export function createNotifySocket(libc: Pick<Libc, 'socket' | 'sendTo'>): NotifySocket {
  return (path, message) => {
    const descriptor = libc.socket(unixSocket.family, unixSocket.datagramCloseOnExec, 0);
    if (typeof descriptor === 'string') {
      throw new SourceError('failed', `sd_notify ${message}: socket: ${descriptor}`);
    }
    try {
      const error = libc.sendTo(descriptor, Buffer.from(message), unixAddress(path));
      if (error !== undefined) {
        throw new SourceError('failed', `sd_notify ${message}: ${JSON.stringify(path)}: ${error}`);
      }
    } finally {
      closeSync(descriptor);
    }
  };
}

/** A `struct sockaddr_un`. A path that begins with `@` is an abstract address, which begins with a NUL instead. */
function unixAddress(path: string): Buffer {
  const name = Buffer.from(path.replace(/^@/, '\0'));
  if (name.length >= unixSocket.maxPathBytes) {
    throw new SourceError('failed', `socket path too long: ${JSON.stringify(path)}`);
  }
  const family = Buffer.from(new Uint16Array([unixSocket.family]).buffer);
  // A path ends with a NUL; an abstract name ends with the address.
  return Buffer.concat([family, name, ...(path.startsWith('@') ? [] : [Buffer.alloc(1)])]);
}
