import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';

/** Maximum pipelined requests per connection; scrapers do not pipeline. */
const maxPipelined = 10;

/** Limits the connections of a server, so that idle connections never keep out scrapes. */
export interface Connections {
  /** Listener for the server's `connection` event. */
  opened(socket: Socket): void;
  /** Listener for the server's `request` event. */
  readonly handle: RequestListener;
}

interface Connection {
  readonly socket: Socket;
  /** Requests in flight. */
  requests: number;
  /** Whether a request ever succeeded: those of slow or unauthenticated clients do not. */
  isServed: boolean;
}

type Kind = `${'served' | 'unserved'} ${'idle' | 'busy'}`;

/** A client whose idle connection is closed opens another; a new connection is about to send its first request. */
const evictionOrder: readonly Kind[] = [
  'served idle',
  'unserved idle',
  'unserved busy',
  'served busy',
];
const unservedEvictionOrder: readonly Kind[] = ['unserved idle', 'unserved busy'];
const minErrorStatus = 400;

/**
 * Makes the limit. A connection above it evicts another: the least recently used one of the first kind in the eviction order.
 * Unserved connections are evicted before all others while they are more than half.
 *
 * @param max concurrent connections
 */
export function createConnections(max: number, handler: RequestListener): Connections {
  /** Least recently used first. */
  const open = new Map<string, Connection>();

  const touch = (key: string, connection: Connection): void => {
    if (open.get(key) === connection) {
      open.delete(key);
      open.set(key, connection);
    }
  };

  const evict = (): void => {
    const leastRecentlyUsed = new Map<Kind, string>();
    let unserved = 0;
    for (const [key, connection] of open) {
      const kind = kindOf(connection);
      unserved += connection.isServed ? 0 : 1;
      leastRecentlyUsed.set(kind, leastRecentlyUsed.get(kind) ?? key);
    }
    const order = unserved > max / 2 ? unservedEvictionOrder : evictionOrder;
    const evicted =
      order.map((kind) => leastRecentlyUsed.get(kind)).find((key) => key !== undefined) ?? '';
    open.get(evicted)?.socket.destroy();
    // Immediately: the `close` event comes only after all pending connections are accepted.
    open.delete(evicted);
  };

  return {
    opened: (socket) => {
      const key = connectionKey(socket);
      if (key === undefined) {
        return;
      }
      const connection = { socket, requests: 0, isServed: false };
      if (open.size >= max) {
        evict();
      }
      open.set(key, connection);
      socket.once('close', () => {
        if (open.get(key) === connection) {
          open.delete(key);
        }
      });
    },
    handle: (request, response) => {
      const key = connectionKey(request.socket) ?? '';
      const connection = open.get(key);
      if (connection === undefined) {
        handler(request, response);
        return;
      }
      if (connection.requests >= maxPipelined) {
        request.socket.destroy();
        return;
      }
      connection.requests += 1;
      touch(key, connection);
      response.once('close', () => {
        connection.requests -= 1;
        connection.isServed ||= response.writableFinished && response.statusCode < minErrorStatus;
        touch(key, connection);
      });
      handler(request, response);
    },
  };
}

function kindOf({ isServed, requests }: Connection): Kind {
  return `${isServed ? 'served' : 'unserved'} ${requests === 0 ? 'idle' : 'busy'}`;
}

/** The same key for a TLS socket and its TCP socket; undefined for a Unix socket. */
function connectionKey({
  remoteAddress,
  remotePort,
  localAddress = '',
}: Socket): string | undefined {
  return remoteAddress === undefined ? undefined : `${remoteAddress} ${remotePort} ${localAddress}`;
}

/**
 * Rejects chunks with more pipelined requests than the maximum, by overwriting them. Node parses a whole chunk of 64 KiB, up to
 * 2000 requests, even if the connection is destroyed meanwhile: a few hundred of these would take seconds and hundreds of
 * megabytes. Call it after the HTTP server has attached to the socket.
 */
export function refusePipeline(socket: Socket): void {
  socket.prependListener('data', (chunk: Buffer) => {
    let at = -1;
    for (let requests = 0; requests <= maxPipelined; requests += 1) {
      at = chunk.indexOf('HTTP/1.', at + 1);
      if (at === -1) {
        return;
      }
    }
    chunk.fill(0);
  });
}
