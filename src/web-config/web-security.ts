import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';

import type { ConfigFile } from '../agent/config-families.ts';
import { createAuthenticator } from './authenticator.ts';
import type { CreateWebServer } from '../http/listen.ts';
import { createPasswordThread } from './password-thread.ts';
import { protect } from './protect.ts';
import { createTlsServers } from './tls-server.ts';
import { followWebConfig } from './web-config-follower.ts';

export interface WebSecurityOptions {
  /** Of the web configuration file. */
  readonly path: string;
  readonly log: Pick<Logger, 'debug' | 'info' | 'error'>;
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
  const authenticate = createAuthenticator(createPasswordThread());
  return {
    createWebServer: tls === undefined ? undefined : createTlsServers({ follower, log }),
    protect: (app) => {
      protect(app, { follower, authenticate });
    },
    file: {
      ...follower,
      reload: async () => {
        await follower.refresh();
      },
    },
  };
}
