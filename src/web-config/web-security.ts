import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';

import type { ConfigFile } from '../agent/config-families.ts';
import type { CreateWebServer } from '../http/listen.ts';
import { openLibcrypt } from '../host/libcrypt.ts';
import type { ComparePassword } from '../host/libcrypt.ts';
import { createAuthenticator } from './authenticator.ts';
import { createPasswordThread } from './password-thread.ts';
import { protect } from './protect.ts';
import { createTlsServers } from './tls-server.ts';
import type { AcceptedConnections } from './tls-server.ts';
import { createWebConfigReloader } from './web-config-reloader.ts';

export interface WebSecurityOptions {
  readonly path: string;
  readonly log: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
}

/** What `--web.config.file` adds to the server. */
export interface WebSecurity {
  /** Undefined where the configuration has no TLS. */
  readonly createWebServer: CreateWebServer | undefined;
  /** Applies the configuration to every request. */
  readonly protect: (app: FastifyInstance) => void;
  /** The file, which is also reloaded by requests. */
  readonly file: ConfigFile;
}

/**
 * Opens a web configuration. A separate module, loaded only with `--web.config.file`.
 *
 * @throws {ConfigError} naming the file and what is wrong with it.
 */
export async function openWebSecurity({ path, log }: WebSecurityOptions): Promise<WebSecurity> {
  const reloader = await createWebConfigReloader({ path, log, now: () => new Date() });
  const { tls } = await reloader.refresh();
  const authenticate = createAuthenticator(await openComparison(log));
  const accepted: AcceptedConnections = new WeakMap();
  return {
    createWebServer: tls === undefined ? undefined : createTlsServers({ reloader, log, accepted }),
    protect: (app) => {
      protect(app, { reloader, authenticate, accepted });
    },
    file: {
      ...reloader,
      reload: async () => {
        await reloader.refresh();
      },
    },
  };
}

async function openComparison(log: WebSecurityOptions['log']): Promise<ComparePassword> {
  try {
    return await openLibcrypt();
  } catch (error) {
    log.debug({ reason: String(error) }, 'passwords are compared in a worker thread');
    return createPasswordThread();
  }
}
