import { gunzipSync } from 'node:zlib';

import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { describe, expect, test, vi } from 'vitest';

import type { Snapshot } from '../agent/snapshot.ts';
import { gauge } from '../metrics/metric.ts';
import { createApp } from './app.ts';

const linkUp = gauge({ name: 'nic_link_up', help: 'Link.', labels: ['device'] });
const boot = gauge({ name: 'nic_boot', help: 'Boot.' });
const own = gauge({ name: 'nicwatch_own', help: 'Own.' });

const snapshot: Snapshot = {
  timestampSeconds: 1000,
  collected: new Map([
    ['device', [linkUp.family([{ labels: { device: 'eno1' }, value: 1 }])]],
    ['boot', [boot.family([{ labels: {}, value: 2 }])]],
  ]),
  agent: [own.family([{ labels: {}, value: 3 }])],
  administrativelyDown: new Set(),
  recentEvents: [],
};

interface TestAppOptions {
  readonly telemetryPath?: string;
  readonly maxRequests?: number;
  readonly isReady?: boolean;
  readonly lifecycle?: boolean;
  readonly reload?: () => Promise<boolean>;
  readonly freshSnapshot?: () => Promise<Snapshot>;
  readonly log?: Logger;
  readonly hasStatusPage?: boolean;
}

function testApp({
  telemetryPath = '/metrics',
  maxRequests = 40,
  isReady = true,
  lifecycle = false,
  reload = async () => true,
  freshSnapshot = async () => snapshot,
  log = pino({ enabled: false }),
  hasStatusPage = true,
}: TestAppOptions = {}): FastifyInstance {
  return createApp({
    agent: { freshSnapshot, isReady: () => isReady },
    config: {
      collectors: new Set(['device', 'boot']),
      knownIssues: [],
      lifecycle,
      maxRequests,
      telemetryPath,
    },
    log,
    ...(hasStatusPage && { hostname: () => 'node-7' }),
    reload,
  });
}

const everything = `# HELP nic_link_up Link.
# TYPE nic_link_up gauge
nic_link_up{device="eno1"} 1

# HELP nic_boot Boot.
# TYPE nic_boot gauge
nic_boot 2

# HELP nicwatch_own Own.
# TYPE nicwatch_own gauge
nicwatch_own 3
`;

/** What a reload and a wrong request are answered with. */
const bodies = {
  200: 'Configuration reloaded.\n',
  400: 'Bad request.\n',
  403: 'Lifecycle API is not enabled.\n',
  404: 'Not found.\n',
  405: 'Method not allowed.\n',
  500: 'Failed to reload the configuration: see the log.\n',
} as const;

describe('createApp()', () => {
  test('serves the metrics as text format 0.0.4', async () => {
    const response = await testApp().inject('/metrics');
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(response.headers['content-encoding']).toBeUndefined();
    expect(response.body).toBe(everything);
  });

  test('serves the metrics as OpenMetrics on request, plain and compressed', async () => {
    const app = testApp();
    const accept = 'application/openmetrics-text; version=1.0.0';
    const openMetrics = `${everything.replaceAll('\n\n', '\n')}# EOF\n`;
    for (const encoding of ['identity', 'gzip', 'gzip']) {
      const response = await app.inject({
        url: '/metrics',
        headers: { accept, 'accept-encoding': encoding },
      });
      expect(response.headers['content-type']).toBe(
        'application/openmetrics-text; version=1.0.0; charset=utf-8',
      );
      const { rawPayload } = response;
      const body = encoding === 'gzip' ? gunzipSync(rawPayload) : rawPayload;
      expect(body.toString()).toBe(openMetrics);
    }
    const selected = await app.inject({ url: '/metrics?collect[]=boot', headers: { accept } });
    expect(selected.body).toBe(openMetrics.slice(openMetrics.indexOf('# HELP nic_boot')));
    expect((await app.inject('/metrics')).body).toBe(everything);
  });

  test.each([
    { method: 'POST', lifecycle: true, isRead: true, status: 200, times: 1 },
    { method: 'PUT', lifecycle: true, isRead: true, status: 200, times: 1 },
    { method: 'POST', lifecycle: true, isRead: false, status: 500, times: 1 },
    { method: 'POST', lifecycle: false, isRead: true, status: 403, times: 0 },
    { method: 'GET', lifecycle: true, isRead: true, status: 405, times: 0 },
  ] as const)(
    'answers $method /-/reload with $status, lifecycle $lifecycle, files good $isRead',
    async ({ method, lifecycle, isRead, status, times }) => {
      const reload = vi.fn<() => Promise<boolean>>(async () => isRead);
      const response = await testApp({ lifecycle, reload }).inject({ method, url: '/-/reload' });
      expect(response.statusCode).toBe(status);
      expect(response.headers['content-type']).toBe('text/plain; charset=utf-8');
      expect(response.headers.allow).toBe(method === 'GET' ? 'POST, PUT' : undefined);
      expect(response.body).toBe(bodies[status]);
      expect(reload).toHaveBeenCalledTimes(times);
    },
  );

  test.each([
    ['gzip', true],
    ['deflate, gzip;q=0.5', true],
    ['gzip;q=0', false],
    ['gzip;q=0.5, identity', false],
    ['identity', false],
    ['br', false],
  ])('compresses for "accept-encoding: %s": %s', async (encoding, isCompressed) => {
    const response = await testApp().inject({
      url: '/metrics',
      headers: { 'accept-encoding': encoding },
    });
    expect(response.headers['content-encoding']).toBe(isCompressed ? 'gzip' : undefined);
    expect(response.headers.vary).toBe('accept, accept-encoding');
    const body = isCompressed ? gunzipSync(response.rawPayload).toString() : response.body;
    expect(body).toBe(everything);
  });

  test.each([
    ['collect[]=device', ['nic_link_up', 'nicwatch_own']],
    ['collect[]=device&collect[]=boot', ['nic_link_up', 'nic_boot', 'nicwatch_own']],
    ['exclude[]=device', ['nic_boot', 'nicwatch_own']],
    ['exclude%5B%5D=boot', ['nic_link_up', 'nicwatch_own']],
  ])('selects collectors by %s', async (query, names) => {
    const { body } = await testApp().inject(`/metrics?${query}`);
    expect([...body.matchAll(/^# TYPE (\w+)/gm)].map((match) => match[1])).toEqual(names);
  });

  test.each([
    ['collect[]=device&exclude[]=boot', 'collect[] and exclude[] cannot be used together\n'],
    ['collect[]=nope', 'no enabled collector is named "nope"\n'],
    ['exclude[]=%22%0a', 'no enabled collector is named "\\"\\n"\n'],
  ])('refuses %s', async (query, message) => {
    const response = await testApp().inject(`/metrics?${query}`);
    expect(response.statusCode).toBe(400);
    expect(response.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(response.body).toBe(message);
  });

  test('answers 503 above the limit of concurrent scrapes, and serves again below it', async () => {
    const waiting: (() => void)[] = [];
    const app = testApp({
      maxRequests: 2,
      freshSnapshot: async () => {
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
        });
        return snapshot;
      },
    });
    const first = app.inject('/metrics');
    const second = app.inject('/metrics');
    await expect.poll(() => waiting.length).toBe(2);
    const third = await app.inject('/metrics');
    expect(third.statusCode).toBe(503);
    expect(third.body).toBe('Limit of concurrent requests reached (2), try again later.\n');
    for (const resolve of waiting.splice(0)) {
      resolve();
    }
    expect((await first).statusCode).toBe(200);
    expect((await second).statusCode).toBe(200);
    const fourth = app.inject('/metrics');
    await expect.poll(() => waiting.length).toBe(1);
    waiting[0]?.();
    expect((await fourth).statusCode).toBe(200);
  });

  test('does not limit concurrent scrapes if the limit is 0', async () => {
    const response = await testApp({ maxRequests: 0 }).inject('/metrics');
    expect(response.statusCode).toBe(200);
  });

  test('counts a scrape that fails or is refused as ended', async () => {
    let fails = true;
    const app = testApp({
      maxRequests: 1,
      freshSnapshot: async () => {
        if (fails) {
          throw new Error('gone');
        }
        return snapshot;
      },
    });
    expect((await app.inject('/metrics')).statusCode).toBe(500);
    expect((await app.inject('/metrics?collect[]=nope')).statusCode).toBe(400);
    fails = false;
    expect((await app.inject('/metrics')).statusCode).toBe(200);
  });

  test('answers a failure without its reason, which is logged', async () => {
    const lines: string[] = [];
    const response = await testApp({
      log: pino({ base: null, timestamp: false }, { write: (line) => lines.push(line) }),
      freshSnapshot: async () => {
        throw new Error('secret path');
      },
    }).inject('/metrics');
    expect(response.statusCode).toBe(500);
    expect(response.body).toBe('Internal error.\n');
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      { level: 50, error: 'Error: secret path', msg: 'request failed' },
    ]);
  });

  test('answers a failure to render uncompressed', async () => {
    const response = await testApp({
      freshSnapshot: async () => ({
        ...snapshot,
        get agent(): never {
          throw new Error('secret');
        },
      }),
    }).inject({ url: '/metrics', headers: { 'accept-encoding': 'gzip' } });
    expect(response.statusCode).toBe(500);
    expect(response.headers['content-encoding']).toBeUndefined();
    expect(response.body).toBe('Internal error.\n');
  });

  test('answers a request that is wrong without a line in the log', async () => {
    const lines: string[] = [];
    const response = await testApp({
      lifecycle: true,
      log: pino({}, { write: (line) => lines.push(line) }),
    }).inject({
      method: 'POST',
      url: '/-/reload',
      headers: { 'content-type': 'nonsense' },
      payload: 'x',
    });
    expect(response.statusCode).toBe(415);
    expect(response.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(response.body).toBe('Bad request.\n');
    expect(lines).toEqual([]);
  });

  test.each([
    ['a body that is not what it says', '{', {}],
    ['a body that is too large', 'x'.repeat(100), {}],
    ['a length that is none', '', { 'content-length': 'x' }],
  ])('reloads whatever the body: %s', async (_what, payload, headers) => {
    const response = await testApp({ lifecycle: true }).inject({
      method: 'POST',
      url: '/-/reload',
      headers: { 'content-type': 'application/json', ...headers },
      payload,
    });
    expect(response.statusCode).toBe(200);
    expect(response.body).toBe('Configuration reloaded.\n');
  });

  test.each([
    ['/-/healthy', true, 200, 'nicwatch is healthy.\n'],
    ['/-/healthy', false, 200, 'nicwatch is healthy.\n'],
    ['/-/ready', true, 200, 'nicwatch is ready.\n'],
    ['/-/ready/', true, 200, 'nicwatch is ready.\n'],
    ['/-/ready', false, 503, 'nicwatch is reading the devices for the first time.\n'],
  ])('answers %s when ready is %s with %d', async (url, isReady, status, body) => {
    const response = await testApp({ isReady }).inject(url);
    expect(response.statusCode).toBe(status);
    expect(response.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(response.body).toBe(body);
  });

  test('shows the status as a page that links to the metrics, with a strict policy', async () => {
    const response = await testApp({ telemetryPath: '/custom' }).inject('/');
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(response.headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/]+='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
    expect(response.headers['x-content-type-options']).toBe('nosniff');
    expect(response.headers['referrer-policy']).toBe('no-referrer');
    expect(response.body).toContain('<a href="/custom">');
  });

  test('gives the status as JSON', async () => {
    const response = await testApp().inject('/api/v1/status');
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(response.headers['x-content-type-options']).toBe('nosniff');
    expect(response.json()).toMatchObject({ status: 'success', data: { devices: [] } });
  });

  test.each(['/', '/api/v1/status'])('has no %s without a status page', async (url) => {
    expect((await testApp({ hasStatusPage: false }).inject(url)).statusCode).toBe(404);
  });

  test('serves metrics at / where that is the telemetry path', async () => {
    expect((await testApp({ telemetryPath: '/' }).inject('/')).body).toBe(everything);
  });

  test.each([
    ['POST', '/metrics', 405],
    ['DELETE', '/-/ready', 405],
    ['PUT', '/', 405],
    ['GET', '/nothing', 404],
    ['POST', '/nothing', 404],
    ['GET', '/metrics/%2e%2e/%2e%2e/etc/passwd', 404],
    ['GET', '/%zz', 400],
  ] as const)('answers %s %s with %d', async (method, url, status) => {
    const response = await testApp().inject({ method, url });
    expect(response.statusCode).toBe(status);
    expect(response.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(response.headers.allow).toBe(status === 405 ? 'GET, HEAD' : undefined);
    expect(response.body).toBe(bodies[status]);
  });

  test('renders a snapshot once for all who scrape all of it', async () => {
    let renders = 0;
    const counted: Snapshot = {
      ...snapshot,
      get agent() {
        renders += 1;
        return snapshot.agent;
      },
    };
    const app = testApp({ freshSnapshot: async () => counted });
    for (let scrapes = 0; scrapes < 3; scrapes += 1) {
      expect((await app.inject('/metrics')).body).toBe(everything);
    }
    expect(renders).toBe(1);
    await app.inject('/metrics?collect[]=boot');
    await app.inject('/metrics?exclude[]=boot');
    expect(renders).toBe(3);
    expect((await app.inject('/metrics')).body).toBe(everything);
    expect(renders).toBe(3);
  });

  test('answers HEAD like GET without the body', async () => {
    const response = await testApp().inject({ method: 'HEAD', url: '/metrics' });
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-length']).toBe(String(Buffer.byteLength(everything)));
    expect(response.body).toBe('');
  });
});
