import { describe, expect, test } from 'vitest';

import { kernelRecord } from '../../test/support/kernel-record.ts';
import { overrideDevices } from '../../test/support/override-devices.ts';
import { createMemoryState, createRecordedHost } from '../../test/support/recorded-host.ts';
import { scrape } from '../../test/support/scrape.ts';
import type { Host } from '../host/host.ts';
import { formatLedger } from '../parsers/ledger.ts';

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
});
