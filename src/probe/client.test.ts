import { afterEach, describe, expect, test } from 'vitest';

import { createNetworkCounters } from '../host/network-counters.ts';
import { openLibc } from '../host/libc.ts';
import { createTcpInfo } from '../host/tcp-info.ts';
import { probePeer } from './client.ts';
import type { ProbePlan } from './client.ts';
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
});
