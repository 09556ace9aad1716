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
import { followWebConfig } from './web-config-follower.ts';

export interface WebSecurityOptions {
  /** Of the web configuration file. */
  readonly path: string;
  readonly log: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
}

/** What `--web.config.file` adds to the server. */
export interface WebSecurity {
  /** Undefined where the configuration has no TLS. */
  readonly createWebServer: CreateWebServer | undefined;
  /** Has every request pass the configuration. */
  readonly protect: (app: FastifyInstance) => void;
  /** The file, which is read anew with requests too. */
  readonly file: ConfigFile;
}

/**
 * Opens a web configuration. A module of its own, loaded only where there is one.
 *
 * @throws {ConfigError} naming the file and what is wrong with it.
 */
export async function openWebSecurity({ path, log }: WebSecurityOptions): Promise<WebSecurity> {
  const follower = await followWebConfig({ path, log, now: () => new Date() });
  const { tls } = await follower.refresh();
  const authenticate = createAuthenticator(await openComparison(log));
  const accepted: AcceptedConnections = new WeakMap();
  return {
    createWebServer: tls === undefined ? undefined : createTlsServers({ follower, log, accepted }),
    protect: (app) => {
      protect(app, { follower, authenticate, accepted });
    },
    file: {
      ...follower,
      reload: async () => {
        await follower.refresh();
      },
    },
  };
}

async function openComparison(log: WebSecurityOptions['log']): Promise<ComparePassword> {
  try {
    return await openLibcrypt();
  } catch (error) {
    log.debug({ reason: String(error) }, 'passwords are compared in a thread of their own');
    return createPasswordThread();
  }
}
