import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';

/** No scraper sends a request before the one ahead of it is answered. */
const maxPipeline = 10;

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
  /** Whether it ever got what it asked for: a client that is slow, or has no password, never does. */
  isServed: boolean;
}

type Kind = `${'served' | 'unserved'} ${'idle' | 'busy'}`;

/** The client of an idle connection knows how to open another; one that was just opened is about to ask. */
const closedFirst: readonly Kind[] = [
  'served idle',
  'unserved idle',
  'unserved busy',
  'served busy',
];
const closedFirstBySurplus: readonly Kind[] = ['unserved idle', 'unserved busy'];
const firstErrorStatus = 400;

/**
 * Makes the bound. Above it that connection is closed, of the first kind there is, which was quiet for longest. Those that were
 * never served go before all others while they take more than half of the places.
 *
 * @param max connections open together
 */
export function createConnections(max: number, handler: RequestListener): Connections {
  /** In the order in which they were last opened, asked something or were answered. */
  const open = new Map<string, Connection>();

  const touch = (key: string, connection: Connection): void => {
    if (open.get(key) === connection) {
      open.delete(key);
      open.set(key, connection);
    }
  };

  const makeRoom = (): void => {
    const quietest = new Map<Kind, string>();
    let unserved = 0;
    for (const [key, connection] of open) {
      const kind = kindOf(connection);
      unserved += connection.isServed ? 0 : 1;
      quietest.set(kind, quietest.get(kind) ?? key);
    }
    const order = unserved > max / 2 ? closedFirstBySurplus : closedFirst;
    const leaving = order.map((kind) => quietest.get(kind)).find((key) => key !== undefined) ?? '';
    open.get(leaving)?.socket.destroy();
    // At once: the socket says so only when all that have come by now are opened.
    open.delete(leaving);
  };

  return {
    opened: (socket) => {
      const key = peerOf(socket);
      if (key === undefined) {
        return;
      }
      const connection = { socket, requests: 0, isServed: false };
      if (open.size >= max) {
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
      if (connection.requests >= maxPipeline) {
        request.socket.destroy();
        return;
      }
      connection.requests += 1;
      touch(key, connection);
      response.once('close', () => {
        connection.requests -= 1;
        connection.isServed ||= response.writableFinished && response.statusCode < firstErrorStatus;
        touch(key, connection);
      });
      handler(request, response);
    },
  };
}

function kindOf({ isServed, requests }: Connection): Kind {
  return `${isServed ? 'served' : 'unserved'} ${requests === 0 ? 'idle' : 'busy'}`;
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
    for (let requests = 0; requests <= maxPipeline; requests += 1) {
      at = chunk.indexOf('HTTP/1.', at + 1);
      if (at === -1) {
        return;
      }
    }
    chunk.fill(0);
  });
}
