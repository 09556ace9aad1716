import { describe, expect, test } from 'vitest';

import { createMesh } from './mesh.ts';
import type { MeshOptions } from './mesh.ts';
import type { MeshOutcome } from './mesh-accounts.ts';
import { createMeshPeers } from './mesh-peers.ts';

const timing = { slotSeconds: 10, deadlineSeconds: 7.5 };
const own = '10.0.0.1';
const others = Array.from({ length: 11 }, (_, index) => `10.0.0.${index + 2}`);

interface Probed {
  readonly peer: string;
  readonly at: number;
}

/** Runs a mesh for so long, on a clock of its own; a probe takes a second. */
async function runMesh(
  seconds: number,
  outcomeOf: (peer: string, at: number) => Partial<MeshOutcome>,
  resolve: (at: number) => readonly string[] = () => [own, ...others],
) {
  const began = 750_000_000;
  let milliseconds = began * 1000;
  const at = (): number => milliseconds / 1000 - began;
  const ending = new AbortController();
  const probed: Probed[] = [];
  const measure: MeshOptions['measure'] = async ({ host }) => {
    probed.push({ peer: host, at: at() });
    milliseconds += 1000;
    return { peerNode: `node-${host}`, readings: [], ...outcomeOf(host, at()) };
  };
  const mesh = createMesh({
    nodeName: 'node-1',
    path: 'pod',
    timing,
    peers: createMeshPeers({
      names: [{ host: 'mesh.example', port: 1 }],
      log: { warn: () => {}, info: () => {} },
      ownAddresses: () => [own],
      resolve: async () => resolve(at()),
    }),
    measure,
    now: () => milliseconds,
    wait: async (time) => {
      milliseconds += time;
      if (at() > seconds) {
        ending.abort();
        throw ending.signal.reason;
      }
    },
  });
  await mesh.run(ending.signal);
  return {
    probed,
    result: (labels: Readonly<Record<string, string>>) =>
      mesh
        .families()
        .flatMap(({ samples }) => samples)
        .filter((sample) =>
          Object.entries(labels).every(([name, value]) => sample.labels[name] === value),
        )
        .map(({ value }) => value),
  };
}

const good: Partial<MeshOutcome> = {
  readings: [
    {
      direction: 'to',
      protocol: 'tcp',
      bytes: 262_144,
      transfers: 1,
      sent: 190,
      lost: 0,
      corrupted: 0,
      seconds: 1,
    },
  ],
};

describe('createMesh()', () => {
  test('probes one peer in each slot, and all of them in two sweeps', async () => {
    const { probed } = await runMesh(119, () => good);
    expect(probed).toHaveLength(12);
    expect(new Set(probed.map(({ peer }) => peer))).toEqual(new Set(others));
    expect(probed.map(({ at }) => Math.floor(at / 10))).toEqual(
      Array.from({ length: 12 }, (_, slot) => slot),
    );
  });

  test('probes a pair that has failed twice more, in the second half of one slot in three', async () => {
    const bad = '10.0.0.5';
    const { probed } = await runMesh(300, (peer) => (peer === bad ? { failure: 'timeout' } : good));
    const extra = probed.filter(({ at }) => at % 10 >= 5);
    expect(extra.length).toBeGreaterThanOrEqual(4);
    expect(extra.every(({ peer }) => peer === bad)).toBe(true);
    const gaps = extra.map(({ at }, index) => at - (extra[index - 1]?.at ?? -30));
    expect(Math.min(...gaps)).toBeGreaterThan(25);
    const regular = probed.length - extra.length;
    expect(regular).toBe(30);
  });

  test('does not count as unreachable who is not found any more', async () => {
    const { result } = await runMesh(
      300,
      (peer, at) => (peer === '10.0.0.5' && at > 100 ? { failure: 'unreachable' } : good),
      (at) => [own, ...others].filter((address) => address !== '10.0.0.5' || at < 100),
    );
    expect(result({ result: 'unreachable', dest_node: '' })).toEqual([0]);
    expect(result({ dest_node: 'node-10.0.0.5' })).toEqual([]);
  });

  test('does not count as unreachable whom nobody can look up', async () => {
    const { result, probed } = await runMesh(
      300,
      (_, at) => (at > 100 ? { failure: 'unreachable' } : good),
      (at) => (at < 100 ? [own, ...others] : []),
    );
    expect(probed.length).toBeGreaterThanOrEqual(30);
    expect(result({ result: 'unreachable' })).toEqual([0]);
  });

  test('counts as unreachable who is still found', async () => {
    const { result } = await runMesh(300, (peer) =>
      peer === '10.0.0.5' ? { failure: 'unreachable' } : good,
    );
    const [row = 0] = result({ result: 'unreachable', dest_node: '' });
    expect(row).toBeGreaterThan(3);
    expect(result({ result: 'unreachable', dest_node: 'node-10.0.0.5' })).toEqual([row]);
  });

  test.each([
    { failure: undefined, ratio: 1 },
    { failure: 'unreachable', ratio: 1 },
    { failure: 'refused', ratio: 10 / 11 },
    { failure: 'starved', ratio: 10 / 11 },
  ] as const)('covers $ratio of the peers where one gives $failure', async ({ failure, ratio }) => {
    const { result } = await runMesh(400, (peer) =>
      peer === '10.0.0.5' && failure !== undefined ? { failure } : good,
    );
    expect(result({ path: 'pod' }).slice(-1)).toEqual([ratio]);
  });
});
