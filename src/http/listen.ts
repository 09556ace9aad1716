import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, ServerOptions } from 'node:http';
import type { Server } from 'node:net';

import type { FastifyInstance } from 'fastify';

import type { InheritedSocket, ListenAddress } from '../config/config.ts';
import { formatListenAddress } from '../config/flag-values.ts';
import { createConnections, refusePipeline } from './connections.ts';

/** What a client may take its time over. A scrape is one small request and one answer. */
const limits = {
  headersTimeout: 5000,
  requestTimeout: 10_000,
  // Longer than the interval of any scraper: Prometheus keeps its connection from scrape to scrape.
  keepAliveTimeout: 130_000,
  /** How often the first two are looked at: each time wakes the process. */
  connectionsCheckingInterval: 10_000,
  maxHeaderSize: 16 * 1024,
  maxRequestsPerSocket: 10_000,
};
/** An answer that is not being read. */
const stalledMilliseconds = 10_000;
const maxConnections = 512;

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

/** Where to serve: an address, or a socket that listens already. */
export type ListenPlace = ListenAddress | InheritedSocket;

/**
 * Serves the app in each place. All or none: when one cannot be had, the others are given back.
 *
 * @throws {Error} naming the place and what is wrong with it.
 */
export async function listen(
  app: FastifyInstance,
  places: readonly ListenPlace[],
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
    for (const place of places) {
      const connections = createConnections(maxConnections, app.routing);
      const server = createWebServer({
        limits,
        stalledMilliseconds,
        handler: connections.handle,
      });
      server.listener.prependListener('connection', connections.opened);
      servers.push(server);
      await listenOn(server.listener, place);
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

async function listenOn(server: Server, place: ListenPlace): Promise<void> {
  try {
    if ('descriptor' in place) {
      server.listen({ fd: place.descriptor });
    } else {
      const { host, port } = place;
      server.listen({ port, ...(host === undefined ? {} : { host }) });
    }
    await once(server, 'listening');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Error(`cannot listen on ${formatPlace(place)}: ${reason}`, { cause: error });
  }
}

/** Writes a place as messages name it. */
export function formatPlace(place: ListenPlace): string {
  return 'descriptor' in place ? `descriptor ${place.descriptor}` : formatListenAddress(place);
}
