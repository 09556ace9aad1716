import { describe, expect, test } from 'vitest';

import { recordedText } from '../../test/support/recordings.ts';
import { ParseError } from '../model/errors.ts';
import { parseProcNetSnmp, parseProcNetSnmp6 } from './proc-net.ts';

describe('parseProcNetSnmp', () => {
  test('parseProcNetSnmp() reads the recorded /proc/net/snmp', () => {
    const counters = parseProcNetSnmp(recordedText('proc/net/snmp'));
    expect([...counters].map(([protocol, { size }]) => [protocol, size])).toEqual([
      ['Ip', 20],
      ['Icmp', 29],
      ['Tcp', 15],
      ['Udp', 9],
      ['UdpLite', 9],
    ]);
    expect(counters.get('Ip')?.get('DefaultTTL')).toBe(64);
    expect(counters.get('Ip')?.get('OutTransmits')).toBe(2);
    expect(counters.get('Tcp')?.get('MaxConn')).toBe(-1);
    expect(counters.get('Tcp')?.get('InCsumErrors')).toBe(0);
    expect(counters.get('Ip')?.get('InCsumErrors')).toBeUndefined();
  });

  test('parseProcNetSnmp() reads the recorded /proc/net/netstat', () => {
    const counters = parseProcNetSnmp(recordedText('proc/net/netstat'));
    expect([...counters].map(([protocol, { size }]) => [protocol, size])).toEqual([
      ['TcpExt', 131],
      ['IpExt', 18],
      ['MPTcpExt', 70],
    ]);
    expect(counters.get('IpExt')?.get('OutMcastPkts')).toBe(2);
    expect(counters.get('IpExt')?.get('OutMcastOctets')).toBe(80);
    expect(counters.get('IpExt')?.get('InCsumErrors')).toBe(0);
    expect(counters.get('MPTcpExt')?.get('DataCsumErr')).toBe(0);
  });

  test.each([
    {
      kernel: '2.6.32, which counts no checksum errors',
      names: 'InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors',
      values: '91 2 7 80 0 0',
      inCsumErrors: undefined,
    },
    {
      kernel: '3.10',
      names: 'InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors',
      values: '91 2 7 80 0 0 5',
      inCsumErrors: 5,
    },
    {
      kernel: '5.10',
      names:
        'InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti',
      values: '91 2 7 80 0 0 5 12',
      inCsumErrors: 5,
    },
  ])('parseProcNetSnmp() finds columns by name on $kernel', ({ names, values, inCsumErrors }) => {
    const udp = parseProcNetSnmp(`Udp: ${names}\nUdp: ${values}\n`).get('Udp');
    expect(udp?.get('InErrors')).toBe(7);
    expect(udp?.get('InCsumErrors')).toBe(inCsumErrors);
  });

  test.each([
    {
      why: 'a first line of no protocol',
      text: 'no such thing\n',
      line: 1,
      got: '"no such thing"',
    },
    { why: 'a blank line', text: '\nUdp: 0\n', line: 1, got: '""' },
    { why: 'a protocol without values', text: 'Udp: InErrors\n', line: 2, got: '""' },
    {
      why: 'values of another protocol',
      text: 'Udp: InErrors\nTcp: 1\n',
      line: 2,
      got: '"Tcp: 1"',
    },
    {
      why: 'too few values',
      text: 'Ip: Forwarding DefaultTTL\nIp: 1 64\nUdp: InErrors NoPorts\nUdp: 1\n',
      line: 4,
      got: '"Udp: 1"',
    },
    { why: 'too many values', text: 'Udp: InErrors\nUdp: 1 2\n', line: 2, got: '"Udp: 1 2"' },
    { why: 'a value of letters', text: 'Udp: InErrors\nUdp: many\n', line: 2, got: '"many"' },
    { why: 'an empty value', text: 'Udp: InErrors\nUdp: \n', line: 2, got: '""' },
    { why: 'a cut value', text: 'Tcp: MaxConn\nTcp: -', line: 2, got: '"-"' },
  ])('parseProcNetSnmp() rejects $why', ({ text, line, got }) => {
    const parse = (): unknown => parseProcNetSnmp(text);
    expect(parse).toThrow(ParseError);
    expect(parse).toThrow(expect.objectContaining({ line }));
    expect(parse).toThrow(`, got ${got}`);
  });
});

describe('parseProcNetSnmp6', () => {
  test('parseProcNetSnmp6() reads the recorded /proc/net/snmp6', () => {
    const counters = parseProcNetSnmp6(recordedText('proc/net/snmp6'));
    expect(counters.size).toBe(90);
    expect(counters.get('Ip6InReceives')).toBe(19);
    expect(counters.get('Ip6OutOctets')).toBe(4896);
    expect(counters.get('Icmp6InCsumErrors')).toBe(0);
    expect(counters.get('Udp6InCsumErrors')).toBe(0);
    expect(counters.get('Tcp6InCsumErrors')).toBeUndefined();
  });

  test('parseProcNetSnmp6() reads a counter', () => {
    expect(parseProcNetSnmp6('Udp6InCsumErrors                \t3\n')).toEqual(
      new Map([['Udp6InCsumErrors', 3]]),
    );
  });

  test.each([
    { why: 'a name without value', text: 'Ip6InReceives\n', line: 1, got: '"Ip6InReceives"' },
    { why: 'a blank line', text: 'Ip6InReceives 1\n\n', line: 2, got: '""' },
    {
      why: 'a third column',
      text: 'Ip6InReceives 1\nIp6InOctets 1 2\n',
      line: 2,
      got: '"Ip6InOctets 1 2"',
    },
    { why: 'a value of letters', text: 'Ip6InReceives many\n', line: 1, got: '"many"' },
    { why: 'a fraction', text: 'Ip6InReceives 1.5\n', line: 1, got: '"1.5"' },
  ])('parseProcNetSnmp6() rejects $why', ({ text, line, got }) => {
    const parse = (): unknown => parseProcNetSnmp6(text);
    expect(parse).toThrow(ParseError);
    expect(parse).toThrow(expect.objectContaining({ line }));
    expect(parse).toThrow(`, got ${got}`);
  });
});
