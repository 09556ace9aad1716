import { describe, expect, test, vi } from 'vitest';

import { createRecordedHost } from '../../test/support/recorded-host.ts';
import type { Host } from '../host/host.ts';
import type { NetworkConfig } from '../host/network-config.ts';
import { createDeferred } from '../model/deferred.ts';
import { createRefresher } from './declared-refresher.ts';

const config: NetworkConfig = { files: new Map(), present: new Set(), unreadable: [] };

function refresherOf(networkConfig: Host['networkConfig']) {
  return createRefresher({ devices: () => [], networkConfig, readFile: async () => '' }, () => {});
}

describe('createRefresher()', () => {
  test('state() reads it where nothing runs in the background', async () => {
    const state = await refresherOf(async () => config).state();
    expect(state?.config).toBe(config);
  });

  test('state() does not wait for what run() reads, which announces it', async () => {
    const read = createDeferred();
    const refresher = refresherOf(async () => {
      await read.promise;
      return config;
    });
    const ending = new AbortController();
    const changed = vi.fn<() => void>();
    const running = refresher.run(ending.signal, changed);
    await expect(refresher.state()).resolves.toBeUndefined();
    read.resolve();
    await vi.waitFor(
      () => {
        expect(changed).toHaveBeenCalledTimes(1);
      },
      { timeout: 20_000 },
    );
    expect((await refresher.state())?.config).toBe(config);
    ending.abort();
    await running;
  });

  test('run() reads it every half hour, and sooner where there is a new device', async () => {
    vi.useFakeTimers();
    try {
      const networkConfig = vi.fn<Host['networkConfig']>(async () => config);
      let devices: ReturnType<Host['devices']> = [];
      const refresher = createRefresher(
        { devices: () => devices, networkConfig, readFile: async () => '' },
        () => {},
      );
      const ending = new AbortController();
      const running = refresher.run(ending.signal, () => {});
      await vi.advanceTimersByTimeAsync(1000 + 29 * 60_000);
      expect(networkConfig).toHaveBeenCalledTimes(1);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(networkConfig).toHaveBeenCalledTimes(2);
      devices = createRecordedHost('debian-6.12.95-qemu').devices();
      await vi.advanceTimersByTimeAsync(5 * 60_000);
      expect(networkConfig).toHaveBeenCalledTimes(3);
      ending.abort();
      await running;
    } finally {
      vi.useRealTimers();
    }
  });
});
