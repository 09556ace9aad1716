import { performance } from 'node:perf_hooks';

import type { FastifyInstance, FastifyReply } from 'fastify';

import { memoizeLast } from '../model/memoize.ts';
import type { WebConfig } from './web-config.ts';
import type { Authenticate } from './authenticator.ts';
import type { AcceptedConnections } from './tls-server.ts';
import { clientNetwork, createRateLimit } from './rate-limit.ts';
import type { WebConfigReloader } from './web-config-reloader.ts';

export interface ProtectOptions {
  readonly reloader: Pick<WebConfigReloader, 'refresh'>;
  readonly authenticate: Authenticate;
  readonly accepted: AcceptedConnections;
}

/** Applies the web configuration to every request: rate limit, headers, user and password. */
export function protect(
  app: FastifyInstance,
  { reloader, authenticate, accepted }: ProtectOptions,
): void {
  const rateLimitOf = memoizeLast(({ rateLimit }: WebConfig): ((client: string) => boolean) =>
    rateLimit === undefined
      ? () => true
      : createRateLimit(rateLimit, () => performance.now() / 1000),
  );

  app.addHook('onRequest', async (request, reply) => {
    const { config, tls } = await reloader.refresh();
    const { socket } = request.raw;
    if (accepted.get(socket) !== tls) {
      // It was accepted under a previous configuration, which may be weaker. Clients retry on a new connection.
      socket.destroy();
      return reply.hijack();
    }
    if (!rateLimitOf(config)(clientNetwork(request.ip))) {
      return tooMany(reply);
    }
    reply.headers(config.headers);
    if (config.users.size === 0) {
      return undefined;
    }
    const claim = parseBasic(request.headers.authorization ?? '');
    const verdict =
      claim === undefined
        ? 'refused'
        : await authenticate(config.users, {
            ...claim,
            address: request.ip,
            isWaiting: () => !socket.destroyed,
          });
    switch (verdict) {
      case 'granted':
        return undefined;
      case 'busy':
        return tooMany(reply);
      case 'refused':
        return reply
          .code(401)
          .header('www-authenticate', 'Basic realm="nicwatch", charset="UTF-8"')
          .type('text/plain; charset=utf-8')
          .send('Unauthorized.\n');
    }
  });
}

function tooMany(reply: FastifyReply): FastifyReply {
  return reply
    .code(429)
    .header('retry-after', '1')
    .type('text/plain; charset=utf-8')
    .send('Too many requests.\n');
}

/** One real header: `Basic cHJvbWV0aGV1czpzZWNyZXQ=`. @see https://www.rfc-editor.org/rfc/rfc7617 */
function parseBasic(
  authorization: string,
): { readonly user: string; readonly password: string } | undefined {
  const [, encoded = ''] = /^basic ([A-Za-z0-9+/]+=*)$/i.exec(authorization) ?? [];
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
