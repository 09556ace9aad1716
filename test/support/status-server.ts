import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';

import type { Host } from '../../src/host/host.ts';
import { createApp } from '../../src/http/app.ts';
import { configFrom, createTestAgent } from './scrape.ts';

/** The server of an agent on a given host, with everything the host's log holds already counted. */
export interface StatusServer {
  readonly url: string;
  readonly app: FastifyInstance;
  close(): Promise<void>;
}

/** Serves a host on a port of its own. */
export async function serveStatus(
  host: Host,
  flags: readonly string[] = [],
  { hostname = 'node-7' }: { readonly hostname?: string } = {},
): Promise<StatusServer> {
  const agent = createTestAgent(host, flags);
  const ending = new AbortController();
  const running = agent.run(ending.signal);
  await agent.poll();
  await agent.poll();
  const app = createApp({
    agent,
    config: configFrom(flags),
    log: pino({ enabled: false }),
    hostname: () => hostname,
    reload: async () => true,
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    app,
    close: async () => {
      await app.close();
      ending.abort();
      await running;
    },
  };
}
