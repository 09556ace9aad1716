import { setTimeout } from 'node:timers/promises';

import { afterEach, describe, expect, test, vi } from 'vitest';

import { createPolls } from '../../test/support/polls.ts';
import { createRecordedHost } from '../../test/support/recorded-host.ts';
import { configFrom } from '../../test/support/scrape.ts';
import type { Host } from '../host/host.ts';
import { SourceError } from '../model/errors.ts';
import { netnsCollector } from './netns.ts';

const recorded = createRecordedHost('debian-6.12.95-qemu');
const config = { ...configFrom(['--collector.netns']), pollIntervalSeconds: 0.001 };
/** Ends what a test has started. */
let ending = new AbortController();

afterEach(() => {
  ending.abort();
  ending = new AbortController();
});

describe('netnsCollector', () => {
  test('sums how much the counters of namespaces rise, through their ends and beginnings', async () => {
    const pods = new Map([
      [100, { namespace: 1, tcp: 50 }],
      [101, { namespace: 1, tcp: 50 }],
      [200, { namespace: 2, tcp: 7 }],
    ]);
    const { counted, namespaces } = collecting(pods);
    expect(await counted()).toBe(0);
    expect(await namespaces()).toEqual({ read: 2, failed: 0 });
    pods.set(100, { namespace: 1, tcp: 53 });
    expect(await counted()).toBe(3);
    // One ends, one begins, and one has got the number of another.
    pods.delete(200);
    pods.set(300, { namespace: 3, tcp: 1000 });
    pods.set(100, { namespace: 1, tcp: 2 });
    expect(await counted()).toBe(3);
    pods.set(300, { namespace: 3, tcp: 1001 });
    pods.set(100, { namespace: 1, tcp: 4 });
    expect(await counted()).toBe(6);
  });

  test('counts namespaces that could not be read', async () => {
    const { counted, namespaces } = collecting(
      new Map([
        [100, { namespace: 1, tcp: 1 }],
        [200, { namespace: 2, tcp: undefined }],
      ]),
    );
    await counted();
    expect(await namespaces()).toEqual({ read: 1, failed: 1 });
  });

  test('warns once where the processes of the host are not visible', async () => {
    const { collect, warnings } = collecting(new Map(), {
      processNamespaces: () => {
        throw new SourceError('denied', 'not visible');
      },
    });
    await setTimeout(30);
    expect(await collect()).toEqual(new Map());
    expect(warnings).toEqual([{ reason: 'not visible' }]);
  });
});

type Pods = ReadonlyMap<number, { readonly namespace: number; readonly tcp: number | undefined }>;

function collecting(pods: Pods, changes: Partial<Host> = {}) {
  let scans = 0;
  const host: Host = {
    ...recorded,
    processNamespaces: () => {
      scans += 1;
      return [...pods].map(([pid, { namespace }]) => ({ pid, namespace }));
    },
    readProcNet: (name, pid = 0) => {
      const tcp = pods.get(pid)?.tcp;
      if (tcp === undefined || name === 'snmp6') {
        throw new SourceError('absent', 'the process has ended');
      }
      return `Tcp: InErrs InCsumErrors\nTcp: 0 ${tcp}\nUdp: InCsumErrors\nUdp: 0\n`;
    },
    ...changes,
  };
  const warnings: unknown[] = [];
  const collector = netnsCollector.create({
    host,
    config,
    log: {
      warn: (fields: unknown) => {
        warnings.push(fields);
      },
    },
  });
  void collector.run?.(ending.signal, () => {});
  const poll = createPolls(host, config);
  const collect = async () =>
    new Map((await collector.collect(await poll())).map(({ name, samples }) => [name, samples]));
  /** Two more scans: the one going on may have read before this. */
  const scanned = async (): Promise<void> => {
    const wanted = scans + 2;
    await vi.waitUntil(() => scans >= wanted, { timeout: 10_000, interval: 1 });
  };
  return {
    collect,
    warnings,
    counted: async () => {
      await scanned();
      const samples = (await collect()).get('nic_netns_csum_errors_total') ?? [];
      return samples.find(({ labels }) => labels['protocol'] === 'tcp')?.value;
    },
    namespaces: async () =>
      Object.fromEntries(
        ((await collect()).get('nic_netns_namespaces') ?? []).map(({ labels, value }) => [
          labels['result'],
          value,
        ]),
      ),
  };
}
