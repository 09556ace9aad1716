import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, ServerOptions } from 'node:http';
import type { Server } from 'node:net';

import type { FastifyInstance } from 'fastify';

import type { ListenAddress } from '../config/config.ts';
import { formatListenAddress } from '../config/listen-address.ts';
import { createConnections } from './connections.ts';
import { refusePipeline } from './pipeline.ts';

/** What a client may take its time over. A scrape is one small request and one answer. */
const limits = {
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 60_000,
  /** How often the first two are looked at. */
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 16 * 1024,
  maxRequestsPerSocket: 10_000,
};
/** An answer that is not being read. */
const stalledMilliseconds = 10_000;
const largestConnections = 512;

export interface WebServerOptions {
  readonly limits: ServerOptions;
  readonly stalledMilliseconds: number;
  readonly handler: RequestListener;
}

/** What listens on one address, with or without TLS. */
interface WebServer {
  readonly listener: Server;
  /** Ends what is open; nothing new comes any more. */
  closeConnections(): void;
}

export type CreateWebServer = (options: WebServerOptions) => WebServer;

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
  createWebServer: CreateWebServer = createHttpServer,
): Promise<Listener> {
  await app.ready();
  const servers: WebServer[] = [];
  const close = async (): Promise<void> => {
    for (const { listener, closeConnections } of servers) {
      listener.close();
      closeConnections();
    }
    await app.close();
  };
  try {
    for (const address of addresses) {
      const connections = createConnections(largestConnections, app.routing);
      const server = createWebServer({
        limits,
        stalledMilliseconds,
        handler: connections.handle,
      });
      server.listener.prependListener('connection', connections.opened);
      servers.push(server);
      await listenOn(server.listener, address);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

function createHttpServer({
  limits: options,
  stalledMilliseconds: timeout,
  handler,
}: WebServerOptions): WebServer {
  const listener = createServer(options, handler)
    .setTimeout(timeout)
    .on('connection', refusePipeline);
  return {
    listener,
    closeConnections: () => {
      listener.closeAllConnections();
    },
  };
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
