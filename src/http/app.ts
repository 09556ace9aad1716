import { fastify } from 'fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

import type { Agent } from '../agent/agent.ts';
import type { Config } from '../config/config.ts';
import { expositionContentTypes } from '../metrics/exposition.ts';
import { createSnapshotRenderer } from './exposition-cache.ts';
import { acceptsGzip, expositionFormat } from './negotiation.ts';
import { selectionProblem } from './selection.ts';
import type { Selection } from './selection.ts';
import { statusPagePolicy } from '../status-page/status-page.ts';
import { createStatusRenderer } from '../status-page/status-renderer.ts';

export interface AppOptions {
  readonly agent: Pick<Agent, 'freshSnapshot' | 'isReady'>;
  readonly config: Pick<
    Config,
    'collectors' | 'knownIssues' | 'lifecycle' | 'maxRequests' | 'telemetryPath'
  >;
  readonly log: Logger;
  /** Host name of the node, which may change while the agent runs; absent without a status page. */
  readonly hostname?: () => string;
  /** Reloads the configuration files; false where one of them is invalid. */
  readonly reload: () => Promise<boolean>;
  /** Adds the hooks that authorize requests and limit their rate. */
  readonly protect?: ((app: FastifyInstance) => void) | undefined;
}

/** Creates the app with its routes: metrics, health, readiness, reload, and the status as a page and as JSON. */
export function createApp({
  agent,
  config,
  log,
  hostname,
  reload,
  protect,
}: AppOptions): FastifyInstance {
  const app = fastify({
    bodyLimit: 1,
    // No route has a schema, so the schema compilers are not loaded.
    schemaController: {
      compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas },
    },
    routerOptions: { ignoreTrailingSlash: true },
    // A URL that cannot be decoded never reaches a route or the error handler.
    frameworkErrors: refuse,
  });
  const { telemetryPath, maxRequests } = config;
  protect?.(app);
  const renderSnapshot = createSnapshotRenderer();
  let scrapes = 0;

  app.get(telemetryPath, async (request, reply) => {
    if (maxRequests > 0 && scrapes >= maxRequests) {
      return reply
        .code(503)
        .send(`Limit of concurrent requests reached (${maxRequests}), try again later.\n`);
    }
    scrapes += 1;
    try {
      const selection = selectionOf(request);
      const problem = selectionProblem(selection, config.collectors);
      if (problem !== undefined) {
        return await reply.code(400).send(`${problem}\n`);
      }
      const snapshot = await agent.freshSnapshot();
      const format = expositionFormat(request.headers);
      const exposition = renderSnapshot(snapshot, { selection, format });
      const isCompressed = acceptsGzip(request.headers);
      const body = await (isCompressed ? exposition.compressed() : exposition.text());
      return await reply
        .type(expositionContentTypes[format])
        .header('vary', 'accept, accept-encoding')
        .headers(isCompressed ? { 'content-encoding': 'gzip' } : {})
        .send(body);
    } finally {
      scrapes -= 1;
    }
  });

  app.get('/-/healthy', async () => 'nicwatch is healthy.\n');

  app.get('/-/ready', async (_request, reply) =>
    agent.isReady()
      ? reply.send('nicwatch is ready.\n')
      : reply.code(503).send('nicwatch is reading the devices for the first time.\n'),
  );

  app.route({
    method: ['POST', 'PUT'],
    url: '/-/reload',
    handler: async (_request, reply) => {
      if (!config.lifecycle) {
        return reply.code(403).send('Lifecycle API is not enabled.\n');
      }
      return (await reload())
        ? reply.send('Configuration reloaded.\n')
        : reply.code(500).send('Failed to reload the configuration: see the log.\n');
    },
  });

  if (hostname !== undefined) {
    addStatusRoutes(app, { agent, config, hostname });
  }

  // No route takes a body, so an invalid one is ignored.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => {
    done(null);
  });

  app.setNotFoundHandler(async (request, reply) => {
    const [path = ''] = request.url.split('?', 1);
    const methods = ['GET', 'HEAD', 'POST', 'PUT'].filter((method) =>
      app.hasRoute({ method, url: path }),
    );
    if (methods.length > 0) {
      return reply.code(405).header('allow', methods.join(', ')).send('Method not allowed.\n');
    }
    return reply.code(404).send('Not found.\n');
  });

  app.setErrorHandler<FastifyError>(async (error, _request, reply) => {
    const { statusCode = 500 } = error;
    if (statusCode >= 500) {
      log.error({ error: String(error) }, 'request failed');
    }
    return reply.code(statusCode).send(statusCode >= 500 ? 'Internal error.\n' : 'Bad request.\n');
  });

  return app;
}

type StatusOptions = Pick<AppOptions, 'agent' | 'config'> & { readonly hostname: () => string };

function addStatusRoutes(app: FastifyInstance, { agent, config, hostname }: StatusOptions): void {
  const renderStatus = createStatusRenderer({ config, hostname });
  app.get('/api/v1/status', async (_request, reply) =>
    reply
      .type('application/json; charset=utf-8')
      .header('x-content-type-options', 'nosniff')
      .send(renderStatus(await agent.freshSnapshot()).json()),
  );

  if (config.telemetryPath !== '/') {
    app.get('/', async (_request, reply) =>
      reply
        .type('text/html; charset=utf-8')
        .header('content-security-policy', statusPagePolicy)
        .header('x-content-type-options', 'nosniff')
        .header('referrer-policy', 'no-referrer')
        .send(renderStatus(await agent.freshSnapshot()).page()),
    );
  }
}

function noSchemas(): never {
  throw new Error('routes have no schemas');
}

function refuse(_error: Error, _request: FastifyRequest, reply: FastifyReply): void {
  void reply.code(400).send('Bad request.\n');
}

function selectionOf({ query }: FastifyRequest): Selection {
  const values = new Map(Object.entries(query ?? {}));
  const list = (name: string): readonly string[] =>
    [values.get(name) ?? []].flat().map((value) => String(value));
  return { collect: list('collect[]'), exclude: list('exclude[]') };
}
