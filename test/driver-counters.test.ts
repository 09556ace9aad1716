import { describe, expect, test, vi } from 'vitest';

import type { Host, NetworkDevice } from '../src/host/host.ts';
import type { Statistic } from '../src/model/device.ts';
import { parseExposition } from './support/exposition.ts';
import type { Exposition } from './support/exposition.ts';
import { createFakeKernel, createReadsByName } from './support/fake-ethtool-kernel.ts';
import { overrideDevices } from './support/override-devices.ts';
import { checkMetrics } from './support/promtool.ts';
import { createRecordedHost } from './support/recorded-host.ts';
import { commandProblem, skipNote } from './support/requirements.ts';
import { createTestAgent, scrape } from './support/scrape.ts';
import { statisticList, statisticsFrom } from './support/statistics.ts';

const promtoolProblem = commandProblem('promtool');

const recorded = 'debian-6.12.95-qemu';
const written = 'written-linux-6.12';

/** Worked out by hand from the files; undefined where the driver counts no such thing. */
const expected: readonly {
  readonly host: string;
  readonly device: string;
  readonly counters: Readonly<Record<string, number | undefined>>;
  readonly mapped: number;
  readonly unmapped: number;
  /** Values put in the place of recorded ones, most of which are zero. */
  readonly changed?: Readonly<Record<string, readonly bigint[]>>;
}[] = [
  {
    host: written,
    device: 'ens1f0',
    // The port's entries alone: the device repeats discards and CRC errors.
    counters: { csum: 31, crc: 4, missed: 17, noBuffer: undefined, timeouts: 2, resets: undefined },
    mapped: 6,
    unmapped: 171,
  },
  {
    host: written,
    device: 'ens2f0',
    // 12 inner and 3 outer checksums; tx_hwtstamp_timeouts (7) are no timeouts of the transmitter.
    counters: { csum: 15, crc: 6, missed: 9, noBuffer: undefined, timeouts: 1, resets: undefined },
    mapped: 6,
    unmapped: 97,
  },
  {
    host: written,
    device: 'ens3f0np0',
    // 2 + 1 recoveries, and not those of the queues once more; rx_csum_none (77) is no error.
    counters: { csum: undefined, crc: 5, missed: 11, noBuffer: 64, timeouts: undefined, resets: 3 },
    mapped: 9,
    unmapped: 314,
  },
  {
    host: written,
    device: 'ens4f0np0',
    // Totals: 42 = 20 + 22, 7 = 3 + 4; resets of receive and transmit rings, 1 + 2.
    counters: { csum: 42, crc: 9, missed: 7, noBuffer: 2, timeouts: undefined, resets: 3 },
    mapped: 12,
    unmapped: 132,
  },
  {
    host: written,
    device: 'ens5',
    // 5 + 6 of two queues; 70 unchecked are no errors.
    counters: {
      csum: 11,
      crc: undefined,
      missed: undefined,
      noBuffer: 2,
      timeouts: 3,
      resets: undefined,
    },
    mapped: 5,
    unmapped: 81,
  },
  {
    host: recorded,
    device: 'eno1',
    counters: { csum: 20, crc: 0, missed: 0, noBuffer: 0, timeouts: 0, resets: undefined },
    mapped: 5,
    unmapped: 48,
    // As recorded after ten good, ten bad, ten good and ten bad packets.
    changed: { rx_csum_offload_good: [20n], rx_csum_offload_errors: [20n] },
  },
  {
    host: recorded,
    device: 'enp6s0',
    // 3 + 4 of two queues; 2 missed and 5 + 6 dropped by queue.
    counters: { csum: 7, crc: 0, missed: 13, noBuffer: 0, timeouts: 0, resets: undefined },
    mapped: 8,
    unmapped: 59,
    changed: {
      rx_queue_0_csum_err: [3n],
      rx_queue_1_csum_err: [4n],
      rx_missed_errors: [2n],
      rx_queue_0_drops: [5n],
      rx_queue_1_drops: [6n],
    },
  },
  {
    host: recorded,
    device: 'ens192',
    // Two queues under one name: 2 + 3 and 4 + 5.
    counters: {
      csum: undefined,
      crc: 5,
      missed: undefined,
      noBuffer: 9,
      timeouts: 1,
      resets: undefined,
    },
    mapped: 5,
    unmapped: 80,
    changed: { '     fcs': [2n, 3n], '  pkts rx OOB': [4n, 5n], 'tx timeout count': [1n] },
  },
  {
    host: recorded,
    device: 'ens5',
    // The totals, and not the parts once more.
    counters: {
      csum: undefined,
      crc: undefined,
      missed: 6,
      noBuffer: undefined,
      timeouts: 2,
      resets: undefined,
    },
    mapped: 4,
    unmapped: 16,
    changed: { rx_drops: [6n], rx0_drops: [6n], tx_tx_timeouts: [2n], tx0_tx_timeouts: [2n] },
  },
];

describe('counters of recorded statistics', () => {
  test.each(expected)(
    'of $device on $host mean what they say',
    async ({ host, device, counters, mapped, unmapped, changed }) => {
      const { value } = await scrapeDevice(withValues(createRecordedHost(host), changed), device);
      expect({
        csum: value('nic_rx_csum_errors_total', { device }),
        crc: value('nic_rx_crc_errors_total', { device }),
        missed: value('nic_rx_missed_total', { device }),
        noBuffer: value('nic_rx_no_buffer_total', { device }),
        timeouts: value('nic_driver_tx_timeouts_total', { device }),
        resets: value('nic_driver_resets_total', { device }),
      }).toEqual(counters);
      expect(value('nic_statistics_mapped', { device })).toBe(mapped);
      expect(value('nic_statistics_unmapped', { device })).toBe(unmapped);
    },
  );

  test('are absent for a device that has no statistics', async () => {
    const { samples } = await scrapeDevice(createRecordedHost(recorded), 'vx42');
    expect(samples('nic_rx_csum_errors_total')).toEqual([]);
    expect(samples('nic_statistics_unmapped')).toEqual([]);
  });

  test('follow a device whose queues are reconfigured', async () => {
    const recording = createRecordedHost(recorded);
    let names = ['rx_queue_0_csum_err'];
    const host = withStatistics(recording, async () => names.map((name) => ({ name, value: 3n })));
    const csumErrors = polledCsumErrors(host);
    expect(await csumErrors()).toEqual([3]);
    names = ['new', 'rx_queue_0_csum_err', 'rx_queue_1_csum_err'];
    expect(await csumErrors()).toEqual([6]);
    names = ['new'];
    expect(await csumErrors()).toEqual([]);
  });

  test('follow a device that gets another driver', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      let driver = 'igb';
      const statistics = statisticsFrom([{ name: 'rx_queue_0_csum_err', value: 3n }]);
      const csumErrors = polledCsumErrors(
        overrideDevices(createRecordedHost(recorded), (device) => ({
          driverInfo: async () => ({ ...(await device.driverInfo()), driver }),
          statistics: async () => statistics,
        })),
      );
      expect(await csumErrors()).toEqual([3]);
      driver = 'ena';
      // Who a driver is, is asked once a minute.
      vi.advanceTimersByTime(60_000);
      expect(await csumErrors()).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('--collector.ethtool.raw', () => {
  const device = 'ens192';

  test('exports nothing by default', async () => {
    const { samples } = await scrapeDevice(createRecordedHost(recorded), device);
    expect(samples('nic_ethtool_statistic')).toEqual([]);
    expect(samples('nicwatch_ethtool_statistics_dropped')).toEqual([]);
  });

  test('exports every statistic of vmxnet3, whose names repeat by queue', async () => {
    const host = withValues(createRecordedHost(recorded), { '  pkts rx OOB': [4n, 5n] });
    const { samples, value } = await scrapeDevice(host, device, ['--collector.ethtool.raw=.*']);
    expect(samples('nic_ethtool_statistic')).toHaveLength(85);
    const statistic = 'pkts rx OOB';
    expect(value('nic_ethtool_statistic', { device, statistic, queue: '0' })).toBe(4);
    expect(value('nic_ethtool_statistic', { device, statistic, queue: '1' })).toBe(5);
    expect(value('nicwatch_ethtool_statistics_dropped', { device })).toBe(0);
  });

  test('exports included statistics that are not excluded', async () => {
    const { samples } = await scrapeDevice(createRecordedHost(written), 'ens5', [
      String.raw`--collector.ethtool.raw=queue_\d+_rx_csum_.*`,
      '--collector.ethtool.raw-exclude=.*_good',
    ]);
    expect(passedOn(samples)).toEqual([
      ['queue_rx_csum_bad', '0', 5],
      ['queue_rx_csum_unchecked', '0', 70],
      ['queue_rx_csum_bad', '1', 6],
      ['queue_rx_csum_unchecked', '1', 0],
    ]);
  });

  test.skipIf(promtoolProblem !== undefined)(
    `renders a valid exposition whatever statistics are called${skipNote(promtoolProblem)}`,
    async () => {
      const hostile = [
        'quote"and\\backslash',
        'line\nbreak',
        'return\rand tab\t',
        // Bytes that are not UTF-8, which become the same character, and a name without an end.
        'raw\xff',
        'raw\xfe',
        'a'.repeat(32),
        '',
        'rx0_"}',
      ];
      const kernel = createFakeKernel({
        ens5: {
          interfaceIndex: 6,
          driverInfo: { driver: 'ena', version: '1', firmware: '', bus: '' },
          statistics: hostile.map((name, index) => [name, BigInt(index)]),
        },
      });
      const recording = createRecordedHost(written);
      const reads = createReadsByName(kernel);
      const host = withStatistics(recording, async ({ name }) => reads.statistics(name));

      const { text, samples } = await scrapeDevice(host, 'ens5', ['--collector.ethtool.raw=[^]*']);

      const { exitCode, complaints } = await checkMetrics(text);
      expect(complaints).toEqual([]);
      expect(exitCode).toBe(0);
      expect(passedOn(samples)).toEqual([
        ['quote"and\\backslash', '', 0],
        ['line\nbreak', '', 1],
        ['return\rand tab', '', 2],
        ['raw\uFFFD', '0', 3],
        ['raw\uFFFD', '1', 4],
        ['a'.repeat(32), '', 5],
        ['', '', 6],
        ['rx_"}', '0', 7],
      ]);
    },
  );
});

/** Makes the function that polls a host for the checksum errors of enp6s0. */
function polledCsumErrors(host: Host): () => Promise<readonly number[] | undefined> {
  const agent = createTestAgent(host, ['--device.include=enp6s0']);
  return async () => {
    await agent.poll();
    const { collected } = await agent.freshSnapshot();
    return collected
      .get('ethtool')
      ?.find(({ name }) => name === 'nic_rx_csum_errors_total')
      ?.samples.map(({ value }) => value);
  };
}

async function scrapeDevice(host: Host, device: string, flags: readonly string[] = []) {
  return parseExposition(await scrape(host, [`--device.include=${device}`, ...flags]));
}

/** The statistics that were passed on: name, queue and value of each. */
function passedOn(samples: Exposition['samples']) {
  return samples('nic_ethtool_statistic').map(({ labels, value }) => [
    labels.get('statistic'),
    labels.get('queue'),
    value,
  ]);
}

/** The host with other values of some statistics, one for each time the name comes. */
function withValues(host: Host, changed: Readonly<Record<string, readonly bigint[]>> = {}): Host {
  return withStatistics(host, async (device) => {
    const seen = new Map<string, number>();
    return statisticList(await device.statistics()).map(({ name, value }) => {
      const nth = seen.get(name) ?? 0;
      seen.set(name, nth + 1);
      return { name, value: changed[name]?.[nth] ?? value };
    });
  });
}

function withStatistics(
  host: Host,
  statistics: (device: NetworkDevice) => Promise<readonly Statistic[]>,
): Host {
  return overrideDevices(host, (device) => ({
    statistics: async () => statisticsFrom(await statistics(device)),
  }));
}
