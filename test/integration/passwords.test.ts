import { setMaxListeners } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';

import { hashSync } from 'bcryptjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startAgent } from '../support/agent-process.ts';
import type { AgentProcess } from '../support/agent-process.ts';

const hash = hashSync('secret', 10);
const floodAddress = '127.0.0.2';
/** Without limits on connections and on queued passwords it would grow with them. */
const maxResidentMebibytes = 96;

let directory: string;
let agent: AgentProcess;

function configure(text: string): void {
  writeFileSync(join(directory, 'web.yml'), text);
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'nicwatch-passwords-'));
  configure(`basic_auth_users: { prometheus: ${hash} }`);
  agent = await startAgent({ flags: [`--web.config.file=${join(directory, 'web.yml')}`] });
});
afterAll(async () => {
  await agent.stop();
  rmSync(directory, { recursive: true });
});

interface Asked {
  readonly path?: string;
  readonly method?: string;
  /** `user:password`; none sends no header. */
  readonly credentials?: string;
  readonly authorization?: string;
  readonly from?: string;
  readonly connections?: Agent;
  readonly signal?: AbortSignal;
}

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  readonly seconds: number;
}

async function ask({
  path = '/metrics',
  method = 'GET',
  credentials,
  authorization = credentials === undefined
    ? undefined
    : `Basic ${Buffer.from(credentials).toString('base64')}`,
  from = '127.0.0.1',
  connections,
  signal,
}: Asked): Promise<Answered> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    request(
      `${agent.url}${path}`,
      {
        method,
        localAddress: from,
        headers: authorization === undefined ? {} : { authorization },
        ...(connections === undefined ? {} : { agent: connections }),
        ...(signal === undefined ? {} : { signal }),
      },
      (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => {
          body += chunk.toString();
        });
        response.on('end', () => {
          const { statusCode: status = 0, headers } = response;
          resolve({ status, headers, body, seconds: (performance.now() - startedAt) / 1000 });
        });
      },
    )
      .on('error', reject)
      .end();
  });
}

describe('basic_auth_users', () => {
  test.each([
    [{ credentials: 'prometheus:secret' }, 200],
    [{ credentials: 'prometheus:secret', path: '/-/healthy' }, 200],
    [{ credentials: 'prometheus:secret', path: '/nothing' }, 404],
    [{ credentials: 'prometheus:secret', method: 'POST' }, 405],
    [{ credentials: 'prometheus:secret', method: 'HEAD' }, 200],
    [{}, 401],
    [{ path: '/-/healthy' }, 401],
    [{ path: '/-/ready' }, 401],
    [{ path: '/' }, 401],
    [{ path: '/nothing' }, 401],
    [{ method: 'POST' }, 401],
    [{ method: 'HEAD' }, 401],
    [{ path: '/-/reload', method: 'POST' }, 401],
    [{ path: '/-/reload', method: 'POST', credentials: 'prometheus:secret' }, 403],
    [{ credentials: 'prometheus:Secret' }, 401],
    [{ credentials: 'prometheus:' }, 401],
    [{ credentials: 'prometheus' }, 401],
    [{ credentials: 'root:secret' }, 401],
    [{ credentials: ':secret' }, 401],
    [{ credentials: 'prometheus:secret and more' }, 401],
    [{ authorization: 'Basic' }, 401],
    [{ authorization: 'Basic !!!' }, 401],
    [{ authorization: 'Bearer secret' }, 401],
    [{ authorization: `basic ${Buffer.from('prometheus:secret').toString('base64')}` }, 200],
  ])('answers %j with %d', async (asked, status) => {
    const answer = await ask(asked);
    expect(answer.status).toBe(status);
    expect(answer.headers['www-authenticate']).toBe(
      status === 401 ? 'Basic realm="nicwatch", charset="UTF-8"' : undefined,
    );
  });

  test('reloads the file: another password, headers, a rate limit', async () => {
    const right = { credentials: 'prometheus:secret' };
    expect((await ask(right)).status).toBe(200);
    configure(`basic_auth_users: { prometheus: ${hashSync('changed', 4)} }
http_server_config: { headers: { X-Frame-Options: deny } }
rate_limit: { interval: 1h, burst: 3 }
`);
    expect((await ask(right)).status).toBe(401);
    const changed = await ask({ credentials: 'prometheus:changed' });
    expect(changed.status).toBe(200);
    expect(changed.headers['x-frame-options']).toBe('deny');
    expect((await ask(right)).status).toBe(401);
    expect((await ask({ credentials: 'prometheus:changed' })).status).toBe(429);
    configure('');
    expect((await ask({})).status).toBe(429);
    await expect
      .poll(() => agent.stderr(), { timeout: 10_000 })
      .toContain('the last user cannot be removed without a restart');
  });
});

test('10,000 wrong passwords neither delay a right one nor leak memory', async () => {
  configure(`basic_auth_users: { prometheus: ${hash} }`);
  const flood = new Agent({ keepAlive: true, maxSockets: 50 });
  const counts = new Map<number | 'closed', number>();
  const resident: number[] = [];
  const total = 10_000;
  const done = { sent: 0, answered: 0 };
  const flooding = Promise.all(
    Array.from({ length: 50 }, async () => {
      while (done.sent < total) {
        done.sent += 1;
        // A connection that has waited too long on a busy machine is closed without an answer.
        const status = await ask({
          credentials: `prometheus:wrong ${done.sent}`,
          from: floodAddress,
          connections: flood,
        }).then(
          (answer) => answer.status,
          () => 'closed' as const,
        );
        counts.set(status, (counts.get(status) ?? 0) + 1);
        done.answered += 1;
        if (done.answered % 500 === 0) {
          resident.push(residentMebibytes());
        }
      }
    }),
  );

  // The first is compared, in its turn; the others are remembered.
  const seconds: number[] = [];
  while (done.answered < total) {
    const answer = await ask({ credentials: 'prometheus:secret' });
    expect(answer.status).toBe(200);
    seconds.push(answer.seconds);
    await setTimeout(20);
  }
  await flooding;
  flood.destroy();

  const { [401]: wrong = 0, [429]: refused = 0, closed = 0 } = Object.fromEntries(counts);
  expect(wrong).toBeGreaterThan(0);
  expect(refused).toBeGreaterThan(0);
  expect(closed).toBeLessThan(total / 100);
  expect(wrong + refused + closed).toBe(total);
  // In their order, the 10,000 would take ten minutes.
  expect(Math.max(...seconds)).toBeLessThan(3);
  const half = Math.ceil(resident.length / 2);
  expect(Math.max(...resident.slice(half))).toBeLessThan(Math.max(...resident.slice(0, half)) + 16);
}, 90_000);

describe.each([10, 14])('with hashes of cost %d', (cost) => {
  const costHash = hashSync('secret', cost);

  beforeAll(async () => {
    await agent.stop();
    configure(`basic_auth_users: { prometheus: ${costHash} }`);
    agent = await startAgent({ flags: [`--web.config.file=${join(directory, 'web.yml')}`] });
  });

  test(
    'a right password is answered while 140 wrong ones from 70 addresses are queued',
    {
      timeout: 90_000,
    },
    async () => {
      const alone = await ask({ credentials: 'prometheus:wrong', from: '127.0.0.5' });
      // Two comparisons: a machine that is busy with something else may take longer over them.
      const limitSeconds = Math.max(5, 4 * alone.seconds);
      const { counts, end } = floodPasswords();
      // The first from an address nobody has asked from, and at once; the second a while later and from a known address.
      for (const from of ['127.0.0.2', '127.0.0.2', '127.0.0.3']) {
        await expect.poll(() => counts.waiting).toBe(140);
        const answer = await ask({ credentials: 'prometheus:secret', from });
        expect(answer.status).toBe(200);
        expect(answer.seconds).toBeLessThan(limitSeconds);
      }
      await end();
      // Nobody waits for the rest: the next comparison is this one.
      const next = await ask({ credentials: 'prometheus:wrong again', from: '127.0.0.4' });
      expect(next.status).toBe(401);
      expect(next.seconds).toBeLessThan(limitSeconds);
    },
  );
});

test(
  '200 scrapers are answered beside 500 slow clients and a flood of wrong passwords',
  { timeout: 90_000 },
  async () => {
    await agent.stop();
    configure(`basic_auth_users: { prometheus: ${hash} }`);
    const flags = [`--web.config.file=${join(directory, 'web.yml')}`, '--web.max-requests=0'];
    agent = await startAgent({ flags });
    const { counts, end } = floodPasswords();
    await expect.poll(() => counts.waiting).toBe(140);
    const slow = Array.from({ length: 500 }, () =>
      connect(Number(new URL(agent.url).port), '127.0.0.1')
        .on('error', () => {})
        .setNoDelay()
        .resume(),
    );
    const dripping = setInterval(() => {
      for (const socket of slow) {
        socket.write(
          socket.bytesWritten === 0 ? 'GET /metrics HTTP/1.1\r\nhost: x\r\n' : 'x: y\r\n',
        );
      }
    }, 100);
    const connections = new Agent({ keepAlive: true });
    const statuses: number[] = [];
    try {
      await Promise.all(
        Array.from({ length: 200 }, async () => {
          for (let scrapes = 0; scrapes < 3; scrapes += 1) {
            const { status } = await ask({ credentials: 'prometheus:secret', connections });
            statuses.push(status);
            await setTimeout(500);
          }
        }),
      );
    } finally {
      clearInterval(dripping);
      await end();
      connections.destroy();
      for (const socket of slow) {
        socket.destroy();
      }
    }
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(statuses).toHaveLength(600);
    expect(residentMebibytes()).toBeLessThan(maxResidentMebibytes);
  },
);

/** 140 clients that send one wrong password after the other, from 70 addresses, until they are ended. */
function floodPasswords() {
  const ending = new AbortController();
  setMaxListeners(0, ending.signal);
  const flood = new Agent({ keepAlive: true });
  const counts = { asked: 0, waiting: 0 };
  const flooding = Array.from({ length: 140 }, async (_, client) => {
    while (!ending.signal.aborted) {
      counts.asked += 1;
      counts.waiting += 1;
      await ask({
        credentials: `prometheus:wrong ${counts.asked}`,
        from: `127.0.0.${10 + (client % 70)}`,
        connections: flood,
        signal: ending.signal,
      }).catch(() => {});
      counts.waiting -= 1;
    }
  });
  return {
    counts,
    end: async (): Promise<void> => {
      ending.abort();
      await Promise.all(flooding);
      flood.destroy();
    },
  };
}

function residentMebibytes(): number {
  const [, kibibytes] =
    /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${agent.pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) / 1024;
}
