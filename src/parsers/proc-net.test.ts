import { describe, expect, test } from 'vitest';

import { recordedText } from '../../test/support/recordings.ts';
import { ParseError } from '../model/errors.ts';
import { parseProcNetSnmp, parseProcNetSnmp6 } from './proc-net.ts';

describe('parseProcNetSnmp', () => {
  test.each([
    {
      file: 'proc/net/snmp',
      column: 'InCsumErrors',
      counters: { Icmp: 0, Tcp: 0, Udp: 0, UdpLite: 0 },
    },
    { file: 'proc/net/snmp', column: 'OutTransmits', counters: { Ip: 2 } },
    { file: 'proc/net/snmp', column: 'MaxConn', counters: { Tcp: -1 } },
    { file: 'proc/net/netstat', column: 'InCsumErrors', counters: { IpExt: 0 } },
    { file: 'proc/net/netstat', column: 'OutMcastOctets', counters: { IpExt: 80 } },
    { file: 'proc/net/netstat', column: 'Udp:', counters: {} },
  ])('parseProcNetSnmp() reads $column of the recorded $file', ({ file, column, counters }) => {
    expect(Object.fromEntries(parseProcNetSnmp(recordedText(file), column))).toEqual(counters);
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
    const text = `Udp: ${names}\nUdp: ${values}\n`;
    expect(parseProcNetSnmp(text, 'InErrors').get('Udp')).toBe(7);
    expect(parseProcNetSnmp(text, 'InCsumErrors').get('Udp')).toBe(inCsumErrors);
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
    { why: 'a cut value', text: 'Tcp: InErrors\nTcp: -', line: 2, got: '"-"' },
  ])('parseProcNetSnmp() rejects $why', ({ text, line, got }) => {
    const parse = (): unknown => parseProcNetSnmp(text, 'InErrors');
    expect(parse).toThrow(ParseError);
    expect(parse).toThrow(expect.objectContaining({ line }));
    expect(parse).toThrow(`, got ${got}`);
  });
});

describe('parseProcNetSnmp6', () => {
  test('parseProcNetSnmp6() reads the recorded /proc/net/snmp6', () => {
    const text = recordedText('proc/net/snmp6');
    expect(Object.fromEntries(parseProcNetSnmp6(text, 'InCsumErrors'))).toEqual({
      Icmp6InCsumErrors: 0,
      Udp6InCsumErrors: 0,
      UdpLite6InCsumErrors: 0,
    });
    expect(parseProcNetSnmp6(text, '').size).toBe(90);
    expect(parseProcNetSnmp6(text, 'Ip6OutOctets').get('Ip6OutOctets')).toBe(4896);
  });

  test('parseProcNetSnmp6() reads a counter', () => {
    expect(parseProcNetSnmp6('Udp6InCsumErrors                \t3\n', 'InCsumErrors')).toEqual(
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
    const parse = (): unknown => parseProcNetSnmp6(text, '');
    expect(parse).toThrow(ParseError);
    expect(parse).toThrow(expect.objectContaining({ line }));
    expect(parse).toThrow(`, got ${got}`);
  });
});
