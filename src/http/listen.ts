import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, ServerOptions } from 'node:http';
import type { Server } from 'node:net';

import type { FastifyInstance } from 'fastify';

import type { InheritedSocket, ListenAddress } from '../config/config.ts';
import { formatListenAddress } from '../config/flag-values.ts';
import { errorCode } from '../host/system-error.ts';
import { createConnections, refusePipeline } from './connections.ts';

/** Timeouts and size limits for clients. A scrape is one small request and one response. */
const limits = {
  headersTimeout: 5000,
  requestTimeout: 10_000,
  // Longer than common scrape intervals: Prometheus keeps its connection from scrape to scrape.
  keepAliveTimeout: 130_000,
  /** Interval of checking the first two; each check wakes the process. */
  connectionsCheckingInterval: 10_000,
  maxHeaderSize: 16 * 1024,
  maxRequestsPerSocket: 10_000,
};
/** Timeout of a response that the client does not read. */
const stalledMilliseconds = 10_000;
const maxConnections = 512;

export interface WebServerOptions {
  readonly limits: ServerOptions;
  readonly stalledMilliseconds: number;
  readonly handler: RequestListener;
}

interface WebServer {
  readonly listener: Server;
  /** Closes all connections, after the listener. */
  closeConnections(): void;
}

export type CreateWebServer = (options: WebServerOptions) => WebServer;

export interface Listener {
  close(): Promise<void>;
}

/** An address to listen on, or a socket that is already listening. */
export type Endpoint = ListenAddress | InheritedSocket;

/**
 * Serves the app on all endpoints, or on none: when one fails, the others are closed.
 *
 * @throws {Error} naming the endpoint and what is wrong with it.
 */
export async function listen(
  app: FastifyInstance,
  endpoints: readonly Endpoint[],
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
    for (const endpoint of endpoints) {
      const connections = createConnections(maxConnections, app.routing);
      const server = createWebServer({
        limits,
        stalledMilliseconds,
        handler: connections.handle,
      });
      server.listener.prependListener('connection', connections.opened);
      servers.push(server);
      await listenOn(server.listener, endpoint);
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

async function listenOn(server: Server, endpoint: Endpoint): Promise<void> {
  try {
    if ('descriptor' in endpoint) {
      server.listen({ fd: endpoint.descriptor });
    } else {
      server.listen(endpoint.port, endpoint.host);
    }
    await once(server, 'listening');
  } catch (error) {
    const reason = errorCode(error) ?? String(error);
    throw new Error(`cannot listen on ${formatEndpoint(endpoint)}: ${reason}`, { cause: error });
  }
}

/** Formats an endpoint for messages. */
export function formatEndpoint(endpoint: Endpoint): string {
  return 'descriptor' in endpoint
    ? `descriptor ${endpoint.descriptor}`
    : formatListenAddress(endpoint);
}
