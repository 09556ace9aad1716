import { describe, expect, test } from 'vitest';

import { tunnelPacket } from '../../test/support/tunnel-packet.ts';
import type { PacketSocket } from '../host/host.ts';
import type { TunnelFilterOptions } from '../parsers/tunnel-filter.ts';
import { createSampler } from './sampler.ts';
import type { Sampler } from './sampler.ts';

const rate = 100;
const readsPerSecond = 4;
type Received = ReturnType<PacketSocket['receive']>;

describe('createSampler()', () => {
  test('counts what it reads by result and source', () => {
    const bad = tunnelPacket({ innerChecksum: 'bad' });
    const sampler = samplerOf([tunnelPacket(), bad, 'unreadable', Buffer.alloc(5)]);
    sampler.read(1);
    sampler.state();
    expect(sampler.state()).toMatchObject({
      samples: { good: 1, bad: 1, unreadable: 1, malformed: 1, merged: 0 },
      sources: [
        { address: '192.0.2.2', checked: 2, bad: { outer: 0, inner: 1 } },
        { address: undefined, checked: 0 },
      ],
      lastSampleTimestampSeconds: 1,
    });
  });

  test('reads what was queued before a device went down', () => {
    const sampler = samplerOf(['down', tunnelPacket()]);
    sampler.read(1);
    expect(sampler.state().samples.good).toBe(1);
  });

  test('says nothing of when while there was no sample', () => {
    const sampler = samplerOf([]);
    sampler.read(1);
    expect(sampler.state().lastSampleTimestampSeconds).toBeUndefined();
  });

  test.each([
    [100, 1],
    [1000, 10],
    [100_000, 1000],
    [10, 1],
  ])('samples %i packets a second one of about %i', (packetsPerSecond, oneOf) => {
    const { sampler, second } = trafficOf();
    for (let seconds = 0; seconds < 20; seconds += 1) {
      second(packetsPerSecond);
    }
    expect(sampler.state().oneOf).toBeGreaterThanOrEqual(oneOf / 1.4);
    expect(sampler.state().oneOf).toBeLessThanOrEqual(oneOf * 1.4);
  });

  test('bounds what it reads when traffic begins at once, and counts what is lost', () => {
    const { sampler, second } = trafficOf();
    for (let seconds = 0; seconds < 20; seconds += 1) {
      second(0);
    }
    expect(sampler.state().oneOf).toBe(1);
    second(100_000);
    second(100_000);
    const { samples, lost, oneOf } = sampler.state();
    expect(samples.malformed).toBeLessThanOrEqual(4 * rate);
    expect(lost).toBeGreaterThan(0);
    expect(oneOf).toBeGreaterThan(100);
  });

  test('keeps its ratio where the filter cannot be replaced', () => {
    const { sampler, second } = trafficOf(() => false);
    const { oneOf } = sampler.state();
    second(0);
    second(0);
    expect(sampler.state().oneOf).toBe(oneOf);
  });
});

function samplerOf(received: readonly Received[], socket: Partial<PacketSocket> = {}): Sampler {
  const queue = [...received];
  return createSampler({
    interfaceIndex: 1,
    rate,
    maxSources: 16,
    filter: () => ({ ports: [4789], addresses: [] }),
    openPacketSocket: () => ({
      receive: () => queue.shift(),
      setFilter: () => true,
      takeLost: () => 0,
      close: () => {},
      ...socket,
    }),
  });
}

/** A sampler of traffic that the filter thins out, with a queue of 200 packets. */
function trafficOf(accept = (): boolean => true) {
  const packet = Buffer.alloc(0);
  let oneOf = 0;
  let queued = 0;
  let lost = 0;
  let nowSeconds = 0;
  const setFilter = (filter: TunnelFilterOptions): boolean => {
    oneOf = accept() ? filter.oneOf : oneOf;
    return accept();
  };
  const sampler = createSampler({
    interfaceIndex: 1,
    rate,
    maxSources: 16,
    filter: () => ({ ports: [4789], addresses: [] }),
    openPacketSocket: (_index, filter) => {
      oneOf = filter.oneOf;
      return {
        receive: () => {
          queued -= 1;
          return queued < 0 ? void (queued = 0) : packet;
        },
        setFilter,
        takeLost: () => {
          const taken = lost;
          lost = 0;
          return taken;
        },
        close: () => {},
      };
    },
  });
  return {
    sampler,
    second: (packets: number): void => {
      for (let read = 0; read < readsPerSecond; read += 1) {
        queued += Math.round(packets / readsPerSecond / oneOf);
        lost += Math.max(queued - 200, 0);
        queued = Math.min(queued, 200);
        nowSeconds += 1 / readsPerSecond;
        sampler.read(nowSeconds);
      }
    },
  };
}
