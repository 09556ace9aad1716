import { describe, expect, test } from 'vitest';

import { createMeshPeers } from './mesh-peers.ts';

const log = { warn: () => {}, info: () => {} };
const names = [{ host: 'mesh.example', port: 10_141 }];
const ownAddresses = () => ['10.0.0.9', '10.0.0.1'];

describe('createMeshPeers()', () => {
  test('has all addresses of a name but those of this node', async () => {
    const peers = createMeshPeers({
      names: [...names, { host: '192.0.2.7', port: 20_000 }],
      log,
      ownAddresses,
      resolve: async (name) => (name === '192.0.2.7' ? [name] : ['10.0.0.1', '10.0.0.2']),
    });
    expect(peers.list()).toEqual([]);
    expect(await peers.refresh()).toEqual(new Set(['10.0.0.1', '10.0.0.2', '192.0.2.7']));
    expect(peers.own()).toBe('10.0.0.1');
    expect(peers.list()).toEqual([
      { host: '10.0.0.2', port: 10_141 },
      { host: '192.0.2.7', port: 20_000 },
    ]);
  });

  test('keeps them while they cannot be looked up, and says that they are not confirmed', async () => {
    const warnings: unknown[] = [];
    let answer: readonly string[] | Error = ['10.0.0.2'];
    const peers = createMeshPeers({
      names,
      log: { ...log, warn: (...said: readonly unknown[]) => void warnings.push(said) },
      ownAddresses,
      resolve: async () => {
        if (answer instanceof Error) {
          throw answer;
        }
        return answer;
      },
    });
    await peers.refresh();
    for (const failing of [new Error('SERVFAIL'), [], new Error('SERVFAIL')]) {
      answer = failing;
      expect(await peers.refresh()).toEqual(new Set());
      expect(peers.list()).toEqual([{ host: '10.0.0.2', port: 10_141 }]);
    }
    expect(warnings).toHaveLength(1);
    answer = ['10.0.0.3'];
    expect(await peers.refresh()).toEqual(new Set(['10.0.0.3']));
    expect(peers.list()).toEqual([{ host: '10.0.0.3', port: 10_141 }]);
  });

  test('says that nothing was ever found', async () => {
    const peers = createMeshPeers({ names, log, ownAddresses, resolve: async () => [] });
    await peers.refresh();
    expect(peers.isFound()).toBe(false);
  });
});
