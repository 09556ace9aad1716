import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';

import { afterEach, describe, expect, test } from 'vitest';

import { createNetworkCounters } from '../host/network-counters.ts';
import { openLibc } from '../host/libc.ts';
import { createTcpInfo } from '../host/tcp-info.ts';
import type { ProbePeer } from '../model/probe-report.ts';
import { freePort } from '../../test/support/agent-process.ts';
import { probePeer } from './client.ts';
import type { ProbePlan } from './client.ts';
import { connectTo } from './connect.ts';
import type { ProbeNode } from './connect.ts';
import { startResponder } from './responder.ts';
import type { Responder } from './responder.ts';

const secret = Buffer.from('a secret of some bytes');
const plan: ProbePlan = {
  datagrams: 50,
  bulkBytes: [262_144],
  minSegments: 0,
  minMilliseconds: 0,
  maxBusyMilliseconds: 0,
};
const { signal } = new AbortController();
const open: Responder[] = [];

async function nodeOf(own: Buffer = secret): Promise<ProbeNode> {
  return {
    secret: own,
    readCounters: createNetworkCounters(),
    readSegments: createTcpInfo(await openLibc()),
  };
}

async function serve(): Promise<{
  readonly host: string;
  readonly port: number;
  readonly warnings: unknown[];
}> {
  const warnings: unknown[] = [];
  const responder = await startResponder([{ host: '127.0.0.1', port: 0 }], {
    node: await nodeOf(),
    name: 'worker-07',
    log: { warn: (...said: readonly unknown[]) => void warnings.push(said) },
  });
  open.push(responder);
  return { host: '127.0.0.1', port: responder.ports[0] ?? 0, warnings };
}

afterEach(async () => {
  await Promise.all(open.splice(0).map(async (responder) => responder.close()));
});

describe('probePeer()', () => {
  test('measures datagrams and bulks in both directions', async () => {
    const { host, port } = await serve();
    const result = await probePeer({ host, port }, { plan, node: await nodeOf(), signal });
    expect(result.problem).toBeUndefined();
    expect(result.name).toBe('worker-07');
    expect(
      result.readings.map(({ direction, protocol, bytes, transfers, lost, corrupted }) => [
        direction,
        protocol,
        bytes,
        transfers,
        lost,
        corrupted,
      ]),
    ).toEqual([
      ['to', 'udp', 64, 50, 0, 0],
      ['to', 'udp', 1200, 50, 0, 0],
      ['from', 'udp', 64, 50, 0, 0],
      ['from', 'udp', 1200, 50, 0, 0],
      ['to', 'tcp', 262_144, 1, 0, 0],
      ['from', 'tcp', 262_144, 1, 0, 0],
    ]);
    for (const { protocol, sent } of result.readings) {
      expect(sent).toBeGreaterThan(protocol === 'udp' ? 49 : 3);
    }
  });

  test('measures a peer that listens on all addresses', async () => {
    const responder = await startResponder([{ host: undefined, port: 0 }], {
      node: await nodeOf(),
      name: 'worker-07',
      log: { warn: () => {} },
    });
    open.push(responder);
    const peer = { host: '127.0.0.1', port: responder.ports[0] ?? 0 };
    const result = await probePeer(peer, { plan, node: await nodeOf(), signal });
    expect(result.problem).toBeUndefined();
    expect(result.readings.map(({ lost }) => lost)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('uses new source ports, and goes on until enough segments are sent', async () => {
    const { host, port } = await serve();
    const progress: number[] = [];
    const result = await probePeer(
      { host, port },
      {
        plan: { ...plan, datagrams: 0, minSegments: 30 },
        node: await nodeOf(),
        signal,
        onProgress: (fraction) => void progress.push(fraction),
      },
    );
    for (const { sent, transfers } of result.readings) {
      expect(sent).toBeGreaterThanOrEqual(30);
      expect(transfers).toBeGreaterThan(1);
    }
    expect(progress).toEqual(progress.toSorted((one, other) => one - other));
    expect(progress.at(-1)).toBe(1);
  });

  test('is denied an answer with another secret, which is logged once', async () => {
    const { host, port, warnings } = await serve();
    const node = await nodeOf(Buffer.from('another secret of some bytes'));
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const { problem, readings } = await probePeer({ host, port }, { plan, node, signal });
      expect(problem?.kind).toBe('denied');
      expect(problem?.message).toContain('another secret');
      expect(readings).toEqual([]);
    }
    expect(warnings).toHaveLength(1);
  });

  test('does not reach a port where nobody listens', async () => {
    const { problem } = await probePeer(
      { host: '127.0.0.1', port: await freePort() },
      { plan, node: await nodeOf(), signal },
    );
    expect(problem?.kind).toBe('unreachable');
    expect(problem?.message).toContain('ECONNREFUSED');
  });

  test('finds a peer busy that takes part in another measurement', async () => {
    const { host, port } = await serve();
    const node = await nodeOf();
    const other = await connectTo({ host, port }, { profile: 'bulk', bytes: 1, node, signal });
    const { problem } = await probePeer({ host, port }, { plan, node, signal });
    expect(problem?.kind).toBe('busy');
    expect(other).not.toBe('busy');
    if (other !== 'busy') {
      other.socket.destroy();
    }
    const patient = { ...plan, maxBusyMilliseconds: 20_000 };
    expect(
      (await probePeer({ host, port }, { plan: patient, node, signal })).problem,
    ).toBeUndefined();
  });

  test('gets no bulk beyond the limit', async () => {
    const { host, port } = await serve();
    const { problem } = await probePeer(
      { host, port },
      {
        plan: { ...plan, datagrams: 0, bulkBytes: [4 * 1024 * 1024 + 1] },
        node: await nodeOf(),
        signal,
      },
    );
    expect(problem?.kind).toBe('lost');
  });

  test.each([
    ['dies in the middle', (socket: Socket) => socket.resetAndDestroy(), 'lost'],
    ['closes in the middle', (socket: Socket) => socket.end(), 'lost'],
  ])('has lost a peer that %s', async (_what, end, kind) => {
    const { host, port } = await serve();
    const relay = await relayTo({ host, port }, { bytes: 100_000, end });
    const result = await probePeer(relay.peer, {
      plan: { ...plan, datagrams: 0 },
      node: await nodeOf(),
      signal,
    });
    expect(result.problem?.kind).toBe(kind);
    expect(result.readings).toEqual([]);
    await relay.close();
  });

  test('tells a transfer that stands still from a peer that is gone', async () => {
    const { host, port } = await serve();
    for (const { connections, stalls, kind } of [
      { connections: 9, stalls: 9, kind: 'stalled' },
      { connections: 9, stalls: 1, kind: 'lost' },
      { connections: 1, stalls: 1, kind: 'lost' },
    ]) {
      let accepted = 0;
      let stalled = 0;
      const relay = await relayTo(
        { host, port },
        {
          bytes: 100_000,
          end: (socket) => {
            if (stalled < stalls) {
              stalled += 1;
              socket.removeAllListeners('data').resume();
            }
          },
          accepts: () => {
            accepted += 1;
            return accepted <= connections;
          },
        },
      );
      const { problem } = await probePeer(relay.peer, {
        plan: { ...plan, datagrams: 0, maxIdleMilliseconds: 500 },
        node: await nodeOf(),
        signal,
      });
      expect(problem?.kind).toBe(kind);
      expect(problem?.stalledDirection).toBe(kind === 'stalled' ? 'to' : undefined);
      await relay.close();
    }
  });

  test('ends with the reason of its signal', async () => {
    const { host, port } = await serve();
    const ending = new AbortController();
    const probing = probePeer(
      { host, port },
      { plan: { ...plan, minMilliseconds: 60_000 }, node: await nodeOf(), signal: ending.signal },
    );
    ending.abort(new Error('the user had enough'));
    await expect(probing).rejects.toThrow('the user had enough');
  });
});

interface RelayOptions {
  /** After so many bytes of the client each connection comes to an end. */
  readonly bytes: number;
  readonly end: (socket: Socket) => void;
  readonly accepts?: () => boolean;
}

/** Forwards connections to a peer. */
async function relayTo(
  { host, port }: ProbePeer,
  { bytes, end, accepts = () => true }: RelayOptions,
): Promise<{ readonly peer: ProbePeer; readonly close: () => Promise<void> }> {
  const server = createServer((socket) => {
    if (!accepts()) {
      socket.destroy();
      return;
    }
    const upstream = connect({ host, port });
    let forwarded = 0;
    socket.on('error', () => {});
    upstream.on('error', () => {});
    upstream.pipe(socket);
    socket.on('close', () => upstream.destroy());
    socket.on('data', (chunk) => {
      forwarded += chunk.length;
      upstream.write(chunk);
      if (forwarded >= bytes) {
        end(socket);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    peer: { host: '127.0.0.1', port: typeof address === 'object' ? (address?.port ?? 0) : 0 },
    close: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}
