import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Bounds the connections of a server, so that those that only stay open never keep out those that ask. */
export interface Connections {
  /** To be told of each connection. */
  opened(socket: Socket): void;
  /** What the server is to call for a request. */
  readonly handle: RequestListener;
}

interface Connection {
  readonly socket: Socket;
  /** Requests that are not answered yet; they may be pipelined. */
  requests: number;
}

/**
 * Makes the bound. Above it the connection goes that has been without a request for longest: idle, or slow in sending
 * one. Where all are being answered, the newest goes.
 *
 * @param largest connections open together
 */
export function createConnections(largest: number, handler: RequestListener): Connections {
  /** Those idle for longest come first. */
  const open = new Map<string, Connection>();

  const rest = (key: string, connection: Connection): void => {
    connection.requests -= 1;
    if (connection.requests === 0 && open.delete(key)) {
      open.set(key, connection);
    }
  };

  return {
    opened: (socket) => {
      const key = peerOf(socket);
      if (open.size >= largest) {
        const longestIdle = [...open.values()].find(({ requests }) => requests === 0);
        (longestIdle?.socket ?? socket).destroy();
        if (longestIdle === undefined) {
          return;
        }
      }
      const connection = { socket, requests: 0 };
      open.set(key, connection);
      socket.once('close', () => {
        if (open.get(key) === connection) {
          open.delete(key);
        }
      });
    },
    handle: (request: IncomingMessage, response: ServerResponse) => {
      const key = peerOf(request.socket);
      const connection = open.get(key);
      if (connection !== undefined) {
        connection.requests += 1;
        response.once('close', () => {
          rest(key, connection);
        });
      }
      handler(request, response);
    },
  };
}

/** Names a connection the same whether it is seen with or without its TLS. */
function peerOf({ remoteAddress = '', remotePort = 0, localAddress = '' }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
