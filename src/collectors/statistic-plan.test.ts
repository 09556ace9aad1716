import { describe, expect, test } from 'vitest';

import type { CounterMeaning } from '../catalogue/driver-counters.ts';
import { maxPassed, planStatistics } from './statistic-plan.ts';

const everything = { include: /^.*$/su, exclude: undefined };
const nothing = { include: undefined, exclude: undefined };

describe('planStatistics()', () => {
  test.each<{
    what: string;
    driver: string;
    names: readonly string[];
    meaning: CounterMeaning;
    read: readonly string[];
    mapped: number;
  }>([
    {
      what: 'prefers a total to its parts',
      driver: 'bnxt_en',
      names: ['[0]: rx_l4_csum_errors', '[1]: rx_l4_csum_errors', 'rx_total_l4_csum_errors'],
      meaning: 'rx_csum_errors',
      read: ['rx_total_l4_csum_errors'],
      mapped: 3,
    },
    {
      what: 'adds up the parts where there is no total',
      driver: 'bnxt_en',
      names: ['[0]: rx_l4_csum_errors', '[10]: rx_l4_csum_errors', '[0]: rx_ucast_packets'],
      meaning: 'rx_csum_errors',
      read: ['[0]: rx_l4_csum_errors', '[10]: rx_l4_csum_errors'],
      mapped: 2,
    },
    {
      what: 'knows the name of an older kernel',
      driver: 'ena',
      names: ['tx_timeout', 'queue_0_rx_bad_csum', 'queue_0_rx_csum_unchecked'],
      meaning: 'rx_csum_errors',
      read: ['queue_0_rx_bad_csum'],
      mapped: 2,
    },
    {
      what: 'knows the name of a newer kernel',
      driver: 'virtio_net',
      names: ['tx_tx_timeouts', 'tx0_tx_timeouts'],
      meaning: 'tx_timeouts',
      read: ['tx_tx_timeouts'],
      mapped: 2,
    },
    {
      what: 'reads every one of a repeated name',
      driver: 'vmxnet3',
      names: ['Rx Queue#', '  pkts rx OOB', 'Rx Queue#', '  pkts rx OOB'],
      meaning: 'rx_no_buffer',
      read: ['  pkts rx OOB', '  pkts rx OOB'],
      mapped: 2,
    },
    {
      what: 'reads names padded with spaces',
      driver: 'cxgb4',
      names: ['rx_fcs_errors          ', '-------Loopback----------- ', 'bg0_frames_dropped     '],
      meaning: 'rx_crc_errors',
      read: ['rx_fcs_errors          '],
      mapped: 1,
    },
    {
      what: 'takes the port where the device repeats it',
      driver: 'i40e',
      names: ['rx_crc_errors', 'port.rx_crc_errors', 'port.rx_csum_bad'],
      meaning: 'rx_crc_errors',
      read: ['port.rx_crc_errors'],
      mapped: 3,
    },
    {
      what: 'adds up checksums that are counted by protocol',
      driver: 'be2net',
      names: ['rx_ip_checksum_errs', 'rx_tcp_checksum_errs', 'rx_udp_checksum_errs'],
      meaning: 'rx_csum_errors',
      read: ['rx_ip_checksum_errs', 'rx_tcp_checksum_errs', 'rx_udp_checksum_errs'],
      mapped: 3,
    },
  ])('$what', ({ driver, names, meaning, read, mapped }) => {
    const plan = planStatistics(driver, names, nothing);
    expect(plan.counters.get(meaning)?.map((index) => names[index])).toEqual(read);
    expect(plan.mapped).toBe(mapped);
  });

  test.each([
    ['mlx5_core', ['rx_csum_none', 'rx_csum_complete', 'rx_csum_unnecessary', 'rx0_csum_none']],
    ['mlx4_en', ['rx_csum_none', 'rx_csum_good']],
    ['veth', ['peer_ifindex']],
    ['atlantic', ['InErrors', 'Queue[0] AllocFails']],
    ['no_such_driver', ['rx_csum_offload_errors']],
  ])('finds nothing it knows in what %s counts', (driver, names) => {
    expect(planStatistics(driver, names, nothing)).toMatchObject({
      counters: new Map(),
      mapped: 0,
    });
  });

  test('passes no raw statistics by default', () => {
    const { passed, dropped } = planStatistics('igb', ['rx_packets'], nothing);
    expect([passed, dropped]).toEqual([[], 0]);
  });

  test('passes the statistics the filter includes, under their driver names', () => {
    const names = ['rx_queue_0_drops', 'rx_queue_0_bytes', 'tx_bytes', ' rx_queue_1_drops '];
    const filter = { include: /^(?:rx_queue_\d+_.*)$/u, exclude: /^(?:.*_bytes)$/u };
    expect(planStatistics('igb', names, filter).passed).toEqual([
      { index: 0, statistic: 'rx_queue_drops', queue: '0' },
      { index: 3, statistic: 'rx_queue_drops', queue: '1' },
    ]);
  });

  test('maps repeated names to queues', () => {
    // Two transmit queues of vmxnet3, where a name stands in a block and in the one inside it.
    const block = ['Tx Queue#', '     giant hdr', '  ring full', '  giant hdr'];
    const { passed } = planStatistics('vmxnet3', [...block, ...block], everything);
    expect(passed.map(({ statistic, queue }) => [statistic, queue])).toEqual([
      ['Tx Queue#', '0'],
      ['giant hdr', '0'],
      ['ring full', '0'],
      ['  giant hdr', '0'],
      ['Tx Queue#', '1'],
      ['giant hdr', '1'],
      ['ring full', '1'],
      ['  giant hdr', '1'],
    ]);
  });

  test.each([
    { what: 'a name is of two forms', names: ['rx0_x', '[0]: rx_x', 'rx_x', 'rx_x'] },
    { what: 'names differ in spaces only', names: ['a', ' a', 'a ', ' a '] },
    { what: 'a repeated name looks like a queue', names: ['rx0_x', 'rx0_x', 'rx0_x ', 'rx_x'] },
    { what: 'names are empty', names: ['', '', ' '] },
  ])('gives each its own series if $what', ({ names }) => {
    const { passed } = planStatistics(undefined, names, everything);
    expect(passed.map(({ index }) => index)).toEqual([...names.keys()]);
    expect(new Set(passed.map(({ statistic, queue }) => `${statistic}|${queue}`)).size).toBe(
      names.length,
    );
  });

  test('passes at most the limit and counts those dropped', () => {
    const names = Array.from({ length: maxPassed + 7 }, (_, index) => `rx${index}_packets`);
    const { passed, dropped } = planStatistics('mlx5_core', names, everything);
    expect([passed.length, dropped]).toEqual([maxPassed, 7]);
  });
});
