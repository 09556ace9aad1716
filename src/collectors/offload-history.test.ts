import { describe, expect, test } from 'vitest';

import { createMemoryState } from '../../test/support/recorded-host.ts';
import type { StateFile } from '../host/host.ts';
import type { Feature } from '../model/device.ts';
import type { WatchedDevice } from './collector.ts';
import { createOffloadHistory, historySamples } from './offload-history.ts';

/** What of a device counts here. */
type Seen = Pick<WatchedDevice, 'busAddress' | 'interfaceIndex'>;

const eno1: Seen = { busAddress: '0000:00:1f.6', interfaceIndex: 2 };

function features(gro: boolean): readonly Feature[] {
  return [{ name: 'rx-gro', enabled: gro, requested: gro, fixed: false }];
}

/** A run of the agent in a boot; its clock is that of the boot. */
async function startRun({ bootId, state }: { readonly bootId: string; readonly state: StateFile }) {
  let seconds = 0;
  const warnings: string[] = [];
  const history = createOffloadHistory({
    host: { readFile: async () => `${bootId}\n`, offloadState: state },
    log: {
      warn: ({ reason }: { readonly reason: string }) => {
        warnings.push(reason);
      },
    },
    uptimeSeconds: () => seconds,
  });
  const ending = new AbortController();
  const restoring = history.restore(ending.signal);
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  return {
    warnings,
    seeAt: (at: number, device: Seen, gro: boolean) => {
      seconds = at;
      return history
        .observe({ device, features: features(gro), nowSeconds: 1000 + at })
        ?.features.get('rx-gro');
    },
    end: async () => {
      ending.abort();
      await restoring;
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    },
  };
}

describe('createOffloadHistory()', () => {
  test('knows through how many boots a setting has come, however late it is set', async () => {
    const state = createMemoryState();
    const first = await startRun({ bootId: 'boot-1', state });
    expect(first.seeAt(0, { ...eno1 }, true)).toBeUndefined();
    const device = { ...eno1 };
    expect(first.seeAt(0, device, true)).toBeUndefined();
    expect(first.seeAt(301, device, false)).toMatchObject({ cause: 'first_seen', kept: 0 });
    await first.end();
    const second = await startRun({ bootId: 'boot-2', state });
    const again = { ...eno1 };
    expect(second.seeAt(1, again, true)).toBeUndefined();
    expect(second.seeAt(302, again, false)).toMatchObject({
      enabled: false,
      sinceSeconds: 1301,
      kept: 1,
    });
    expect(second.seeAt(400, again, true)).toMatchObject({ cause: 'switched' });
    await second.end();
  });

  test('goes on at once where the agent was only restarted', async () => {
    const state = createMemoryState();
    const first = await startRun({ bootId: 'boot-1', state });
    const device = { ...eno1 };
    first.seeAt(0, device, false);
    first.seeAt(301, device, true);
    await first.end();
    const second = await startRun({ bootId: 'boot-1', state });
    expect(second.seeAt(0, { ...eno1 }, false)).toMatchObject({ cause: 'switched' });
    await second.end();
  });

  test('begins anew where the file is damaged, and says so once', async () => {
    const { warnings, seeAt, end } = await startRun({
      bootId: 'boot-1',
      state: createMemoryState('damaged'),
    });
    const device = { ...eno1 };
    seeAt(0, device, false);
    expect(seeAt(301, device, true)).toMatchObject({ cause: 'first_seen' });
    expect(warnings).toHaveLength(1);
    await end();
  });

  test('knows nothing while another process has the directory', async () => {
    const { seeAt, end } = await startRun({
      bootId: 'boot-1',
      state: {
        ...createMemoryState(),
        claim: async () => new Promise(() => {}),
      },
    });
    expect(seeAt(301, { ...eno1 }, false)).toBeUndefined();
    await end();
  });
});

describe('historySamples()', () => {
  test('are of features that are off, or have changed', () => {
    const state = { sinceSeconds: 5, kept: 0 } as const;
    const history = {
      device: '0000:00:1f.6',
      bootId: 'boot-1',
      interfaceIndex: 2,
      features: new Map([
        ['off', { ...state, enabled: false, cause: 'first_seen' as const }],
        ['on', { ...state, enabled: true, cause: 'first_seen' as const }],
        ['back', { ...state, enabled: true, cause: 'boot' as const }],
      ]),
    };
    const seen = ['off', 'on', 'back'].map((name) => ({
      name,
      enabled: name !== 'off',
      requested: name !== 'off',
      fixed: false,
    }));
    expect(historySamples('eno1', seen, history)).toEqual([
      { labels: { device: 'eno1', feature: 'off', cause: 'first_seen' }, value: 5 },
      { labels: { device: 'eno1', feature: 'back', cause: 'boot' }, value: 5 },
    ]);
  });
});
