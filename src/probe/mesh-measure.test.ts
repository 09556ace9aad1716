import { afterEach, describe, expect, test } from 'vitest';

import type { ProbePeer } from '../model/probe-report.ts';
import type { ProbeNode } from './connect.ts';
import { createMeshMeasure } from './mesh-measure.ts';
import { startResponder } from './responder.ts';
import type { Responder, ResponderOptions } from './responder.ts';

const timing = { slotSeconds: 30, deadlineSeconds: 20 };
const { signal } = new AbortController();
const open: Responder[] = [];

function nodeWith(secret: string): ProbeNode {
  return {
    secret: Buffer.from(secret),
    readCounters: () => ({ checksumErrors: 0, bufferErrors: 0 }),
    readSegments: () => undefined,
  };
}

async function serve(options: Partial<ResponderOptions> = {}): Promise<ProbePeer> {
  const responder = await startResponder([{ host: '127.0.0.1', port: 0 }], {
    node: nodeWith('a secret of some bytes'),
    name: 'worker-07',
    log: { warn: () => {} },
    ...options,
  });
  open.push(responder);
  return { host: '127.0.0.1', port: responder.ports[0] ?? 0 };
}

afterEach(async () => {
  await Promise.all(open.splice(0).map(async (responder) => responder.close()));
});

describe('createMeshMeasure()', () => {
  test('measures datagrams of both sizes and a bulk, in both directions', async () => {
    const peer = await serve();
    const measure = createMeshMeasure(nodeWith('a secret of some bytes'), timing);
    const { peerNode, readings, failure } = await measure(peer, signal);
    expect(failure).toBeUndefined();
    expect(peerNode).toBe('worker-07');
    expect(readings.map(({ direction, bytes }) => `${direction} ${bytes}`).toSorted()).toEqual(
      ['64', '1200', '262144'].flatMap((size) => [`from ${size}`, `to ${size}`]).toSorted(),
    );
  });

  test('says why there is no measurement, under the name the peer had', async () => {
    const peer = await serve();
    const measure = createMeshMeasure(nodeWith('a secret of some bytes'), timing);
    await measure(peer, signal);
    await open.pop()?.close();
    expect(await measure(peer, signal)).toEqual({
      peerNode: 'worker-07',
      readings: [],
      failure: 'refused',
    });
  });

  test.each([
    { failure: 'denied', secret: 'another secret', admit: true },
    { failure: 'busy', secret: 'a secret of some bytes', admit: false },
  ] as const)('reports a peer that answers as $failure', async ({ failure, secret, admit }) => {
    const peer = await serve({ admit: () => admit });
    const outcome = await createMeshMeasure(nodeWith(secret), timing)(peer, signal);
    expect(outcome).toMatchObject({ readings: [], failure });
  });

  test('takes a failure for none of the peer while this process is kept from running', async () => {
    const peer = await serve();
    await open.pop()?.close();
    const measure = createMeshMeasure(nodeWith('a secret of some bytes'), timing);
    const outcome = measure(peer, signal);
    const until = performance.now() + 600;
    while (performance.now() < until) {
      // Nothing else runs meanwhile.
    }
    expect(await outcome).toMatchObject({ readings: [], failure: 'starved' });
  });
});
