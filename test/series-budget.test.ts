import { existsSync, readdirSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import type { Host } from '../src/host/host.ts';
import type { JournalRecord } from '../src/model/kernel-record.ts';
import { parseExposition } from './support/exposition.ts';
import { overrideDevices } from './support/override-devices.ts';
import { createRecordedHost } from './support/recorded-host.ts';
import { readKmsgRecording, recordedPath } from './support/recordings.ts';
import { scrape } from './support/scrape.ts';
import { statisticList, statisticsFrom } from './support/statistics.ts';

const budget = 60;
const hosts = ['debian-6.12.95-qemu', 'written-linux-6.12'];
const previousBootId = '6b0e52f1-9c55-4f0c-8f52-6d2f6c8e7a10';

describe('series of each device, all defaults', () => {
  test.each(
    hosts.flatMap((host) =>
      [undefined, ...kernelLogsOf(host)].map((kernelLog) => ({ host, kernelLog })),
    ),
  )('of $host with kernel log $kernelLog', async ({ host, kernelLog }) => {
    const recording = createRecordedHost(host, kernelLog === undefined ? {} : { kernelLog });
    for (const [device, series] of await seriesByDevice(recording)) {
      expect(series, device).toBeLessThanOrEqual(budget);
    }
  });

  test('of devices not watched by default', async () => {
    const counts = await seriesByDevice(createRecordedHost('debian-6.12.95-qemu'), [
      '--device.include=.*',
    ]);
    expect(counts.size).toBeGreaterThan(15);
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(budget);
  });

  test('of a NIC that has hung in this boot and in the previous one', async () => {
    const kernelLog = 'hang-eno1-persist';
    const records = readKmsgRecording(kernelLog);
    const recording = createRecordedHost('debian-6.12.95-qemu', { kernelLog });
    const counts = await seriesByDevice({
      ...recording,
      previousBootLog: async function* (): AsyncGenerator<readonly JournalRecord[]> {
        yield records.map((record) => ({ ...record, bootId: previousBootId }));
      },
    });
    expect(counts.get('eno1')).toBeGreaterThan(50);
    expect(counts.get('eno1')).toBeLessThanOrEqual(budget);
  });

  test.each([
    ['ens1f0', 'i40e', ['rx-{n}.packets', 'rx-{n}.bytes', 'tx-{n}.packets', 'tx-{n}.bytes']],
    ['ens3f0np0', 'mlx5_core', ['rx{n}_packets', 'rx{n}_csum_none', 'tx{n}_recover', 'ch{n}_poll']],
    ['ens5', 'ena', ['queue_{n}_rx_csum_bad', 'queue_{n}_rx_empty_rx_ring', 'queue_{n}_tx_cnt']],
  ] as const)('of %s (%s) with 128 queues', async (device, _driver, names) => {
    const recording = createRecordedHost('written-linux-6.12');
    const counts = await seriesByDevice(
      overrideDevices(recording, (asked) => ({
        statistics: async () =>
          statisticsFrom([
            ...statisticList(await asked.statistics()),
            ...Array.from({ length: 128 }, (_, queue) =>
              names.map((name) => ({ name: name.replace('{n}', String(queue)), value: 1n })),
            ).flat(),
          ]),
      })),
    );
    expect(counts.get(device)).toBeGreaterThan(30);
    expect(counts.get(device)).toBeLessThanOrEqual(budget);
  });
});

function kernelLogsOf(host: string): readonly string[] {
  const directory = recordedPath(host, 'kmsg');
  return existsSync(directory)
    ? readdirSync(directory).map((file) => file.replace('.kmsg.raw', ''))
    : [];
}

/** How many series name each device, those about reading it included. */
async function seriesByDevice(
  host: Host,
  flags: readonly string[] = [],
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const { labels } of parseExposition(await scrape(host, flags)).all) {
    const device = labels.get('device');
    if (device !== undefined) {
      counts.set(device, (counts.get(device) ?? 0) + 1);
    }
  }
  return counts;
}
