import { createServer as createHttpsServer } from 'node:https';
import type { Server as HttpsServer } from 'node:https';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';

import type { Logger } from 'pino';

import { errorCode } from '../host/system-error.ts';
import { clientProblem } from './client-certificate.ts';
import type { CreateWebServer, WebServerOptions } from '../http/listen.ts';
import { refusePipeline } from '../http/connections.ts';
import type { ActiveWebConfig, WebConfigReloader } from './web-config-reloader.ts';

export interface TlsServerOptions {
  readonly reloader: Pick<WebConfigReloader, 'refresh'>;
  readonly log: Pick<Logger, 'debug'>;
  /** Records the configuration under which each connection was accepted. */
  readonly accepted: AcceptedConnections;
}

type ActiveTls = NonNullable<ActiveWebConfig['tls']>;
/** The TLS configuration a connection was accepted with; none for a connection without TLS. */
export type AcceptedConnections = WeakMap<Socket, ActiveTls>;

const handshakeMilliseconds = 5000;
/** Timeout of requests in flight under a previous configuration. */
const retirementMilliseconds = 10_000;

/**
 * Makes the function that creates servers which reload the TLS configuration before each handshake. Node.js fixes most TLS
 * options when a server is created, so there is one server per configuration, and connections go to the active one.
 */
export function createTlsServers({ reloader, log, accepted }: TlsServerOptions): CreateWebServer {
  return (options) => {
    const servers = new Set<HttpsServer>();
    let current: { readonly tls: ActiveTls; readonly server: HttpsServer } | undefined;

    const retire = (server: HttpsServer): void => {
      server.close();
      setTimeout(() => {
        server.closeAllConnections();
        servers.delete(server);
      }, retirementMilliseconds).unref();
    };

    const serverFor = (tls: ActiveTls): HttpsServer => {
      if (current?.tls === tls) {
        return current.server;
      }
      if (current !== undefined) {
        retire(current.server);
      }
      const server = createTlsServer(tls, options, { log, accepted });
      servers.add(server);
      current = { tls, server };
      return server;
    };

    const listener = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
      socket.on('error', () => {
        socket.destroy();
      });
      void reloader.refresh().then(({ tls }) => {
        if (tls === undefined) {
          socket.destroy();
        } else {
          serverFor(tls).emit('connection', socket);
        }
      });
    });
    return {
      listener,
      closeConnections: () => {
        for (const server of servers) {
          server.close();
          server.closeAllConnections();
        }
      },
    };
  };
}

function createTlsServer(
  tls: ActiveTls,
  { limits, stalledMilliseconds, handler }: WebServerOptions,
  { log, accepted }: Pick<TlsServerOptions, 'log' | 'accepted'>,
): HttpsServer {
  const { config, options } = tls;
  const server = createHttpsServer(
    { ...limits, ...options, handshakeTimeout: handshakeMilliseconds },
    handler,
  );
  server.setTimeout(stalledMilliseconds);
  server.prependListener('secureConnection', (socket) => {
    const problem = clientProblem(socket, config);
    accepted.set(socket, tls);
    // A handshake costs the server far more than the client, and a renegotiation is not rate-limited.
    socket.disableRenegotiation();
    if (problem !== undefined) {
      log.debug({ address: socket.remoteAddress ?? '', problem }, 'client refused');
      socket.destroy();
    }
  });
  server.on('secureConnection', refusePipeline);
  server.on('tlsClientError', (error, { remoteAddress = '' }) => {
    log.debug(
      { address: remoteAddress, problem: errorCode(error) ?? error.name },
      'client refused',
    );
  });
  // It never listens itself, and Node enforces the timeouts only of servers that emitted this event.
  server.emit('listening');
  return server;
}
