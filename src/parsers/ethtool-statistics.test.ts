import { describe, expect, test } from 'vitest';

import { recordedText } from '../../test/support/recordings.ts';
import { ParseError } from '../model/errors.ts';
import { parseEthtoolStatistics } from './ethtool-statistics.ts';

function recording(device: string): string {
  return recordedText(`ethtool/S.${device}.txt`);
}

describe('parseEthtoolStatistics', () => {
  test('parseEthtoolStatistics() keeps the spaces and the repeated names of vmxnet3', () => {
    const statistics = parseEthtoolStatistics(recording('ens192'));
    expect(statistics).toHaveLength(85);
    expect(statistics.slice(0, 2)).toEqual([
      { name: 'Tx Queue#', value: 0n },
      { name: '  TSO pkts tx', value: 0n },
    ]);
    expect(statistics.filter(({ name }) => name === '  mcast pkts tx')).toEqual([
      { name: '  mcast pkts tx', value: 5n },
      { name: '  mcast pkts tx', value: 2n },
    ]);
    expect(statistics.filter(({ name }) => name === 'Tx Queue#')).toEqual([
      { name: 'Tx Queue#', value: 0n },
      { name: 'Tx Queue#', value: 1n },
    ]);
    expect(statistics.filter(({ name }) => name === '     giant hdr')).toHaveLength(2);
    expect(statistics.filter(({ name }) => name === '  giant hdr')).toHaveLength(2);
    expect(statistics.at(-1)).toEqual({ name: 'tx timeout count', value: 0n });
  });

  test.each([
    {
      driver: 'e1000e',
      device: 'eno1',
      count: 53,
      index: 3,
      statistic: { name: 'tx_bytes', value: 614n },
    },
    {
      driver: 'igb',
      device: 'enp6s0',
      count: 67,
      index: 60,
      statistic: { name: 'rx_queue_0_csum_err', value: 0n },
    },
    {
      driver: 'virtio_net',
      device: 'ens5',
      count: 20,
      index: 15,
      statistic: { name: 'rx0_kicks', value: 1n },
    },
    {
      driver: 'veth',
      device: 'veth0',
      count: 10,
      index: 0,
      statistic: { name: 'peer_ifindex', value: 8n },
    },
  ])(
    'parseEthtoolStatistics() reads the recorded statistics of $driver',
    ({ device, count, index, statistic }) => {
      const statistics = parseEthtoolStatistics(recording(device));
      expect(statistics).toHaveLength(count);
      expect(statistics[index]).toEqual(statistic);
    },
  );

  test.each([
    { driver: 'e1000e', line: 'rx_csum_offload_errors: 10', name: 'rx_csum_offload_errors' },
    { driver: 'i40e', line: 'port.rx_csum_bad: 10', name: 'port.rx_csum_bad' },
    { driver: 'iavf', line: 'rx-0.packets: 10', name: 'rx-0.packets' },
    { driver: 'ice', line: 'rx_csum_bad.nic: 10', name: 'rx_csum_bad.nic' },
    { driver: 'bnxt_en', line: '[0]: rx_l4_csum_errors: 10', name: '[0]: rx_l4_csum_errors' },
    { driver: 'qede', line: '0: rx_hw_errors: 10', name: '0: rx_hw_errors' },
    { driver: 'bnx2x', line: 'Tx LPI entry count: 10', name: 'Tx LPI entry count' },
    {
      driver: 'gve',
      line: 'rx_drops_invalid_checksum[0]: 10',
      name: 'rx_drops_invalid_checksum[0]',
    },
    { driver: 'atlantic', line: 'Queue[0] InErrors: 10', name: 'Queue[0] InErrors' },
    {
      driver: 'cxgb4',
      line: '-------Loopback----------- : 10',
      name: '-------Loopback----------- ',
    },
    { driver: 'a driver with a number in the name', line: 'queue: 3: 10', name: 'queue: 3' },
    { driver: 'a driver with an empty name', line: ': 10', name: '' },
    {
      driver: 'a driver with a line break in the name',
      line: 'rx\nerrors: 10',
      name: 'rx\nerrors',
    },
    { driver: 'a driver with a name of one line break', line: '\n: 10', name: '\n' },
  ])('parseEthtoolStatistics() reads a name of $driver', ({ line, name }) => {
    expect(parseEthtoolStatistics(`NIC statistics:\n     ${line}\n`)).toEqual([
      { name, value: 10n },
    ]);
  });

  test('parseEthtoolStatistics() keeps every bit of a 64-bit value', () => {
    const text = [
      'NIC statistics:',
      '     rx_bytes: 18446744073709551615',
      '     tx_bytes: 9007199254740993',
      '',
    ].join('\n');
    expect(parseEthtoolStatistics(text)).toEqual([
      { name: 'rx_bytes', value: 18446744073709551615n },
      { name: 'tx_bytes', value: 9007199254740993n },
    ]);
  });

  test('parseEthtoolStatistics() reads a heading alone as no statistics', () => {
    expect(parseEthtoolStatistics('NIC statistics:\n')).toEqual([]);
  });

  test.each([
    { why: 'nothing', text: '', line: 1, got: '""' },
    {
      why: 'a complaint of ethtool',
      text: 'no stats available\n',
      line: 1,
      got: '"no stats available"',
    },
    {
      why: 'a missing heading',
      text: '     rx_packets: 1\n',
      line: 1,
      got: '"     rx_packets: 1"',
    },
    {
      why: 'too small an indent',
      text: 'NIC statistics:\n     rx: 1\n    tx: 2\n',
      line: 3,
      got: '"    tx: 2"',
    },
    { why: 'a blank line', text: 'NIC statistics:\n\n', line: 2, got: '""' },
    {
      why: 'a value over 64 bits',
      text: 'NIC statistics:\n     rx: 18446744073709551616\n',
      line: 2,
      got: '"18446744073709551616"',
    },
    {
      why: 'a value of 21 digits',
      text: 'NIC statistics:\n     rx: 100000000000000000000\n',
      line: 2,
      got: String.raw`"     rx: 100000000000000000000\n"`,
    },
    {
      why: 'a negative value',
      text: 'NIC statistics:\n     rx: -1\n',
      line: 2,
      got: String.raw`"     rx: -1\n"`,
    },
    {
      why: 'a value of letters',
      text: 'NIC statistics:\n     rx: 1\n     tx: none\n',
      line: 3,
      got: String.raw`"     tx: none\n"`,
    },
    {
      why: 'an end within a name',
      text: 'NIC statistics:\n     rx: 1\n     tx_pa',
      line: 3,
      got: String.raw`"     tx_pa\n"`,
    },
  ])('parseEthtoolStatistics() rejects $why', ({ text, line, got }) => {
    const parse = (): unknown => parseEthtoolStatistics(text);
    expect(parse).toThrow(ParseError);
    expect(parse).toThrow(expect.objectContaining({ line }));
    expect(parse).toThrow(`, got ${got}`);
  });
});
