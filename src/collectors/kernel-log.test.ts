import { pino } from 'pino';
import { describe, expect, test, vi } from 'vitest';

import { kernelRecord } from '../../test/support/kernel-record.ts';
import { overrideDevices } from '../../test/support/override-devices.ts';
import { createPolls } from '../../test/support/polls.ts';
import { createMemoryState, createRecordedHost } from '../../test/support/recorded-host.ts';
import { configFrom, scrape } from '../../test/support/scrape.ts';
import type { Host } from '../host/host.ts';
import { createDeferred } from '../model/deferred.ts';
import { sleep } from '../model/sleep.ts';
import { formatLedger } from '../parsers/ledger.ts';
import { kernelLogCollector } from './kernel-log.ts';

const hostName = 'debian-6.12.95-qemu';
const loop = 'Dead loop on virtual device vx42, fix it urgently!';

/** Dead loops as exported, without those that are 0. */
async function deadLoops(host: Host): Promise<readonly string[]> {
  const text = await scrape(host, ['--device.include=vx42|eno1']);
  return text
    .split('\n')
    .filter((line) => /^nic_kernel_events_total\{.*event="dead_loop"\} [^0]/.test(line));
}

describe('kernelLogCollector', () => {
  test.each([
    [
      'has lost packets',
      9,
      'nic_kernel_events_total{device="vx42",driver="vxlan",event="dead_loop"} 1',
    ],
    ['has lost none', 0, 'nic_kernel_events_total{device="",driver="",event="dead_loop"} 1'],
  ])(
    'kernelLogCollector names device and driver of a dead loop where it %s',
    async (_what, lost, line) => {
      const recorded = overrideDevices(createRecordedHost(hostName), () => ({
        transmitLosses: async () => lost,
      }));
      const host: Host = {
        ...recorded,
        kernelLog: async function* () {
          yield { records: [kernelRecord(loop)], caughtUp: true };
        },
      };
      expect(await deadLoops(host)).toEqual([line]);
    },
  );

  test('kernelLogCollector adds the driver to events counted before their device was known', async () => {
    const recorded = createRecordedHost(hostName);
    const ledger = formatLedger({
      bootId: (await recorded.readFile('/proc/sys/kernel/random/boot_id')).trim(),
      position: { sequence: undefined, cursor: undefined, timestampMicroseconds: undefined },
      events: [
        { device: 'vx42', driver: '', event: 'dead_loop', count: 3, lastTimestampSeconds: 1 },
        { device: 'gw_1', driver: '', event: 'dead_loop', count: 2, lastTimestampSeconds: 1 },
      ],
      previousBoot: undefined,
    });
    expect(await deadLoops({ ...recorded, state: createMemoryState(ledger) })).toEqual([
      'nic_kernel_events_total{device="vx42",driver="vxlan",event="dead_loop"} 3',
      'nic_kernel_events_total{device="gw_1",driver="",event="dead_loop"} 2',
    ]);
  });

  test('kernelLogCollector exports events once the log has been read, and persistence once it is known', async () => {
    vi.useFakeTimers();
    const ending = new AbortController();
    try {
      const [read, claimed] = [createDeferred(), createDeferred()];
      const host: Host = {
        ...createRecordedHost(hostName),
        devices: () => [],
        // Without a thread, whose time the fake timers do not know.
        readFile: async () => 'btime 1795145580\n',
        kernelLog: async function* (_source, { signal }) {
          yield { records: [kernelRecord(loop)], caughtUp: false };
          await read.promise;
          yield { records: [kernelRecord(loop, { sequence: 2 })], caughtUp: true };
          await sleep(1e9, signal);
        },
        state: { ...createMemoryState(), claim: async () => claimed.promise },
      };
      const config = configFrom(['--kernel-log.source=kmsg']);
      const poll = createPolls(host, config);
      const collector = kernelLogCollector.create({ host, config, log: pino({ enabled: false }) });
      const exported = async (): Promise<Readonly<Record<string, readonly number[]>>> => {
        const collecting = collector.collect(await poll());
        await vi.advanceTimersByTimeAsync(300);
        return Object.fromEntries(
          (await collecting)
            .filter(({ name }) => /_events_total|persistent|log_up|log_records/.test(name))
            .map(({ name, samples }) => [name, samples.map(({ value }) => value)]),
        );
      };
      void collector.run?.(ending.signal, () => {});

      const none = { nicwatch_state_persistent: [] };
      expect(await exported()).toEqual({
        nicwatch_kernel_log_up: [0],
        nicwatch_kernel_log_records_total: [0],
        ...none,
      });
      await vi.advanceTimersByTimeAsync(2000);
      expect(await exported()).toEqual({
        nicwatch_kernel_log_up: [1],
        nicwatch_kernel_log_records_total: [1],
        ...none,
      });
      read.resolve();
      const followed = {
        nic_kernel_events_total: [2],
        nicwatch_kernel_log_up: [1],
        nicwatch_kernel_log_records_total: [2],
      };
      await vi.advanceTimersByTimeAsync(0);
      expect(await exported()).toEqual({ ...followed, ...none });
      claimed.resolve();
      await vi.advanceTimersByTimeAsync(0);
      expect(await exported()).toEqual({ ...followed, nicwatch_state_persistent: [1] });
    } finally {
      ending.abort();
      vi.useRealTimers();
    }
  });
});
