import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';

/** No scraper sends a request before the one ahead of it is answered. */
const largestPipeline = 10;

/** Bounds the connections of a server, so that those that only stay open never keep out those that ask. */
export interface Connections {
  /** To be told of each connection. */
  opened(socket: Socket): void;
  /** What the server is to call for a request. */
  readonly handle: RequestListener;
}

interface Connection {
  readonly socket: Socket;
  /** Requests that are not answered yet. */
  requests: number;
}

/**
 * Makes the bound. Above it that connection goes which has been without a request for longest: idle, or slow in sending
 * one. Where all have requests, the one goes that has been reading its answer for longest.
 *
 * @param largest connections open together
 */
export function createConnections(largest: number, handler: RequestListener): Connections {
  /** In the order in which they were last opened, asked something or were answered. */
  const open = new Map<string, Connection>();

  const touch = (key: string, connection: Connection): void => {
    if (open.get(key) === connection) {
      open.delete(key);
      open.set(key, connection);
    }
  };

  const makeRoom = (): void => {
    const connections = [...open.values()];
    const [least] = connections;
    (connections.find(({ requests }) => requests === 0) ?? least)?.socket.destroy();
  };

  return {
    opened: (socket) => {
      const key = peerOf(socket);
      if (key === undefined) {
        return;
      }
      const connection = { socket, requests: 0 };
      if (open.size >= largest) {
        makeRoom();
      }
      open.set(key, connection);
      socket.once('close', () => {
        if (open.get(key) === connection) {
          open.delete(key);
        }
      });
    },
    handle: (request, response) => {
      const key = peerOf(request.socket) ?? '';
      const connection = open.get(key);
      if (connection === undefined) {
        handler(request, response);
        return;
      }
      if (connection.requests >= largestPipeline) {
        request.socket.destroy();
        return;
      }
      connection.requests += 1;
      touch(key, connection);
      response.once('close', () => {
        connection.requests -= 1;
        touch(key, connection);
      });
      handler(request, response);
    },
  };
}

/** Names a connection the same whether it is seen with or without its TLS; undefined for one of a Unix socket. */
function peerOf({ remoteAddress, remotePort, localAddress = '' }: Socket): string | undefined {
  return remoteAddress === undefined ? undefined : `${remoteAddress} ${remotePort} ${localAddress}`;
}

/**
 * Refuses what holds more requests than that, by making it unreadable. Node parses all it has read of a connection, 64 KiB
 * or 2000 requests, before anything else is done and whatever becomes of the connection: a few hundred of these would
 * take seconds, and hundreds of megabytes. To be called when HTTP has taken the connection over.
 */
export function refusePipeline(socket: Socket): void {
  socket.prependListener('data', (chunk: Buffer) => {
    let at = -1;
    for (let requests = 0; requests <= largestPipeline; requests += 1) {
      at = chunk.indexOf('HTTP/1.', at + 1);
      if (at === -1) {
        return;
      }
    }
    chunk.fill(0);
  });
}
