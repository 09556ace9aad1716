import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startAgent } from '../support/agent-process.ts';
import type { AgentProcess } from '../support/agent-process.ts';

/** More than the agent keeps open together. */
const floodConnections = 600;
/** Without bounds a flood of pipelined requests alone takes 800. */
const largestResidentMebibytes = 256;
const request = 'GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n';

let agent: AgentProcess;
let port: number;

beforeAll(async () => {
  agent = await startAgent({ flags: ['--collector.offload.features=all', '--web.max-requests=2'] });
  port = Number(new URL(agent.url).port);
  await agent.freshScrape();
});
afterAll(async () => {
  await agent.stop();
});

/** Sends bytes and gives all that comes until the connection is closed. */
async function exchange(sent: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write(sent);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

/** Opens many connections that send something and never read. */
async function flood(sent: string): Promise<readonly Socket[]> {
  const sockets = Array.from({ length: floodConnections }, () => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    socket.pause();
    socket.write(sent);
    return socket;
  });
  await setTimeout(100);
  return sockets;
}

describe('a flood', () => {
  test.each([
    ['connections that say nothing', ''],
    ['connections slow with their headers', 'GET /metrics HTTP/1.1\r\nhost: x\r\nx: '],
    ['clients that do not read their answers', request.repeat(10)],
    ['pipelined requests', request.repeat(2000)],
    ['headers', `GET / HTTP/1.1\r\n${'x: y\r\n'.repeat(10_000)}`],
    ['one long URL', `GET /${'x'.repeat(60_000)}`],
  ])('of %s neither keeps out a scrape nor stays in memory', async (_, sent) => {
    const sockets = await flood(sent);
    try {
      for (let count = 0; count < 5; count += 1) {
        const { status, seconds } = await agent.fetch('/metrics');
        expect(status).toBe(200);
        expect(seconds).toBeLessThan(5);
      }
      expect(residentMebibytes()).toBeLessThan(largestResidentMebibytes);
    } finally {
      for (const socket of sockets) {
        socket.destroy();
      }
    }
  });
});

describe('an answer to malformed requests', () => {
  test.each([
    ['GET /nothing HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 404],
    ['GET /nothing/../../etc/passwd HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 404],
    ['POST /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n', 405],
    ['BREW / HTTP/1.1\r\nhost: x\r\n\r\n', 400],
    ['GET /%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 400],
    ['GET /metrics?collect[]=%00 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nconnection: close\r\n\r\n', 400],
    ['GET / HTTP/9.9\r\nhost: x\r\n\r\n', 400],
    ['\0\0\0\0', 400],
    [
      'GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['GET / HTTP/1.1\r\nhost: x\r\nx: LONG\r\n\r\n', 431],
    ['GET /LONG HTTP/1.1\r\nhost: x\r\n\r\n', 431],
  ])('%j is %d and gives nothing away', async (written, status) => {
    const sent = written.replace('LONG', 'x'.repeat(20_000));
    const answer = await exchange(sent);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).not.toMatch(/^(?:server|x-powered-by):/im);
    expect(answer).not.toMatch(/node|fastify|nicwatch|\bat \/|\.m?js|0\.\d+\.\d+|passwd/i);
  });
});

function residentMebibytes(): number {
  return (
    Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${agent.pid}/status`, 'utf8'))?.[1]) /
    1024
  );
}
