import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { openLibc } from '../../src/host/libc.ts';
import { createNetworkCounters } from '../../src/host/network-counters.ts';
import { createTcpInfo } from '../../src/host/tcp-info.ts';
import { probePeer } from '../../src/probe/client.ts';
import { connectTo } from '../../src/probe/connect.ts';
import type { Connection, ProbeNode } from '../../src/probe/connect.ts';
import { encodeDatagram, sessionBytes } from '../../src/probe/datagram.ts';
import { encodeFrame } from '../../src/probe/frame.ts';
import { helloKey } from '../../src/probe/keys.ts';
import { builtAgent, freePort } from '../support/agent-process.ts';

const secret = Buffer.from('a secret for the tests of probes');
const { signal } = new AbortController();
const floodSeconds = 1;
const floodBytesPerSecond = 1_000_000;
/** Clock ticks of /proc/PID/stat: USER_HZ. */
const ticksPerSecond = 100;

describe('nicwatch probe serve under a flood', () => {
  const directory = mkdtempSync(join(tmpdir(), 'nicwatch-flood-'));
  let peer = { host: '127.0.0.1', port: 0 };
  let node: ProbeNode;
  let responder: ReturnType<typeof startResponder>;

  beforeAll(async () => {
    node = {
      secret,
      readCounters: createNetworkCounters(),
      readSegments: createTcpInfo(await openLibc()),
    };
    writeFileSync(join(directory, 'secret'), secret, { mode: 0o600 });
    peer = { ...peer, port: await freePort() };
    responder = startResponder(join(directory, 'secret'), peer.port);
    await once(responder.stderr, 'data');
  });

  afterAll(async () => {
    responder?.kill('SIGKILL');
    await responder;
    rmSync(directory, { recursive: true });
  });

  test.each(['garbage', 'a reply', 'forged', 'replayed'] as const)(
    'answers no datagram that is %s',
    async (kind) => {
      const connection = await connectTo(peer, { profile: 'datagrams', node, signal });
      if (connection === 'busy') {
        throw new Error('the responder is busy');
      }
      const socket = createSocket('udp4');
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      let answered = 0;
      socket.on('message', () => {
        answered += 1;
      });
      const genuine = datagram(connection);
      if (kind === 'replayed') {
        socket.send(genuine, peer.port, peer.host);
        await once(socket, 'message');
      }
      const before = usage();
      await flood(socket, () => {
        switch (kind) {
          case 'garbage':
            return randomBytes(1 + Math.floor(Math.random() * 1400));
          case 'a reply':
            return datagram(connection, { kind: 'reply' });
          case 'forged':
            return datagram(connection, { key: randomBytes(32) });
          case 'replayed':
            return genuine;
        }
      });
      await setTimeout(200);
      expect(answered).toBe(kind === 'replayed' ? 1 : 0);
      expectBounded(before);
      socket.close();
      connection.socket.destroy();
    },
  );

  test('sends no byte to a connection without the secret', async () => {
    const hello = encodeFrame(
      { type: 'hello', nonce: randomBytes(16), timeMilliseconds: Date.now() },
      { key: helloKey(secret), sequence: 0 },
    );
    // The first is genuine.
    expect(await answerTo(hello)).toBe(hello.length);
    const before = usage();
    let answered = 0;
    for (let sent = 0; sent < floodBytesPerSecond * floodSeconds;) {
      const old = encodeFrame(
        { type: 'hello', nonce: randomBytes(16), timeMilliseconds: Date.now() - 600_000 },
        { key: helloKey(secret), sequence: 0 },
      );
      const forged = encodeFrame(
        { type: 'hello', nonce: randomBytes(16), timeMilliseconds: Date.now() },
        { key: randomBytes(32), sequence: 0 },
      );
      for (const bytes of [randomBytes(60_000), hello, old, forged]) {
        answered += await answerTo(bytes);
        sent += bytes.length;
      }
    }
    expect(answered).toBe(0);
    expectBounded(before);
  });

  test('closes connections that send nothing, and beyond a limit at once', async () => {
    const idle = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const socket = connect(peer.port, peer.host);
        await once(socket, 'connect');
        socket.on('error', () => {});
        return { socket, closed: once(socket.resume(), 'close') };
      }),
    );
    const first = await Promise.race([setTimeout(3000, 'none'), idle[19]?.closed]);
    expect(first).not.toBe('none');
    await Promise.all(idle.map(async ({ closed }) => closed));
  });

  test('measures a peer afterwards', async () => {
    const { problem, readings } = await probePeer(peer, {
      plan: {
        datagrams: 100,
        bulkBytes: [262_144],
        minSegments: 0,
        minMilliseconds: 0,
        maxBusyMilliseconds: 15_000,
      },
      node,
      signal,
    });
    expect(problem).toBeUndefined();
    expect(readings.map(({ lost }) => lost)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('ends at SIGTERM', async () => {
    responder.kill('SIGTERM');
    expect((await responder).exitCode).toBe(0);
  });

  /** Sends datagrams at a steady rate. */
  async function flood(socket: DatagramSocket, next: () => Buffer): Promise<void> {
    const few = Array.from({ length: 64 }, next);
    const began = performance.now();
    for (let sent = 0; sent < floodBytesPerSecond * floodSeconds;) {
      for (const bytes of few) {
        socket.send(bytes, peer.port, peer.host);
        sent += bytes.length;
      }
      const due = began + (1000 * sent) / floodBytesPerSecond;
      await setTimeout(Math.max(1, due - performance.now()));
    }
  }

  /** How many bytes come back. */
  async function answerTo(bytes: Buffer): Promise<number> {
    const socket = connect(peer.port, peer.host);
    let answered = 0;
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      answered += chunk.length;
      socket.destroy();
    });
    socket.end(bytes);
    await once(socket, 'close');
    return answered;
  }

  function usage(): {
    readonly cpuSeconds: number;
    readonly memoryBytes: number;
    readonly at: number;
  } {
    const fields = readFileSync(`/proc/${responder.pid}/stat`, 'utf8').split(') ')[1]?.split(' ');
    const status = readFileSync(`/proc/${responder.pid}/status`, 'utf8');
    return {
      cpuSeconds: (Number(fields?.[11]) + Number(fields?.[12])) / ticksPerSecond,
      memoryBytes: 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]),
      at: performance.now(),
    };
  }

  function expectBounded(before: ReturnType<typeof usage>): void {
    const after = usage();
    expect(after.memoryBytes - before.memoryBytes).toBeLessThan(48 * 1024 * 1024);
    expect(after.cpuSeconds - before.cpuSeconds).toBeLessThan((after.at - before.at) / 1000);
  }
});

function startResponder(secretFile: string, port: number) {
  return execa(
    process.execPath,
    [
      builtAgent(),
      'probe',
      'serve',
      `--listen-address=127.0.0.1:${port}`,
      `--secret-file=${secretFile}`,
    ],
    { stdin: 'ignore', stdout: 'ignore', reject: false },
  );
}

function datagram(
  { nonce, keys }: Connection,
  {
    kind = 'request',
    key = keys.datagrams,
  }: { readonly kind?: 'request' | 'reply'; readonly key?: Buffer } = {},
): Buffer {
  return encodeDatagram(
    { kind, size: 'small', sequence: 0 },
    { session: nonce.subarray(0, sessionBytes), key },
  );
}
