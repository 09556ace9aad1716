import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';

import type { FastifyInstance } from 'fastify';

import type { ListenAddress } from '../config/config.ts';
import { formatListenAddress } from '../config/listen-address.ts';

/** What a client may take its time over. A scrape is one small request and one answer. */
const limits = {
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 60_000,
  /** How often the first two are looked at. */
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 16 * 1024,
};
/** A connection on which nothing moves, such as a client that does not read its answer. */
const idleSocketMilliseconds = 120_000;
const largestConnections = 512;

export interface Listener {
  /** Stops listening and ends all connections. */
  close(): Promise<void>;
}

/**
 * Serves the app on each address. All or none: when one cannot be had, the others are given back.
 *
 * @throws {Error} naming the address and what is wrong with it.
 */
export async function listen(
  app: FastifyInstance,
  addresses: readonly ListenAddress[],
): Promise<Listener> {
  await app.ready();
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
    await app.close();
  };
  try {
    for (const address of addresses) {
      const server = createServer(limits, app.routing);
      server.maxConnections = largestConnections;
      server.setTimeout(idleSocketMilliseconds);
      servers.push(server);
      await listenOn(server, address);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

async function listenOn(server: Server, { host, port }: ListenAddress): Promise<void> {
  try {
    server.listen({ port, ...(host === undefined ? {} : { host }) });
    await once(server, 'listening');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Error(`cannot listen on ${formatListenAddress({ host, port })}: ${reason}`, {
      cause: error,
    });
  }
}
