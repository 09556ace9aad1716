import { describe, expect, test } from 'vitest';

import { recordedText } from '../../test/support/recordings.ts';
import { ParseError } from '../model/errors.ts';
import { parseBootTimestampSeconds, parseInteger, parseLinkSpeed } from './number.ts';

describe('parseInteger', () => {
  test.each([
    { source: 'carrier_changes', text: '2\n', value: 2 },
    { source: 'tx_timeout of an idle queue', text: '0\n', value: 0 },
    { source: 'speed of a link that is down', text: '-1\n', value: -1 },
    { source: 'a value behind blanks', text: '  1000 \n', value: 1000 },
    { source: 'a value without newline', text: '1000', value: 1000 },
    { source: 'the largest exact one', text: '9007199254740991\n', value: 9007199254740991 },
    { source: 'the largest of 64 bit', text: '18446744073709551615\n', value: 2 ** 64 },
  ])('parseInteger() parses $source', ({ text, value }) => {
    expect(parseInteger(text)).toBe(value);
  });

  test.each([
    { text: '', quoted: '""' },
    { text: '\n', quoted: String.raw`"\n"` },
    { text: 'unknown\n', quoted: String.raw`"unknown\n"` },
    { text: '1 2', quoted: '"1 2"' },
    { text: '1\n2\n', quoted: String.raw`"1\n2\n"` },
    { text: '1.5', quoted: '"1.5"' },
    { text: '1e3', quoted: '"1e3"' },
    { text: '0x10', quoted: '"0x10"' },
    { text: '+1', quoted: '"+1"' },
    { text: '--1', quoted: '"--1"' },
    { text: '- 1', quoted: '"- 1"' },
    { text: '１', quoted: '"１"' },
    { text: '1'.repeat(21), quoted: `"${'1'.repeat(21)}"` },
  ])('parseInteger() rejects $quoted', ({ text, quoted }) => {
    const parse = (): number => parseInteger(text);
    expect(parse).toThrow(ParseError);
    expect(parse).toThrow(`line 1: expected an integer, got ${quoted}`);
  });
});

describe('parseLinkSpeed', () => {
  test.each([
    { device: 'eno1', driver: 'e1000e', bytesPerSecond: 125_000_000 },
    { device: 'enp6s0', driver: 'igb', bytesPerSecond: 125_000_000 },
    { device: 'veth0', driver: 'veth', bytesPerSecond: 1_250_000_000 },
    { device: 'ens5', driver: 'virtio_net', bytesPerSecond: undefined },
    { device: 'bond0', driver: 'bonding', bytesPerSecond: undefined },
  ])('parseLinkSpeed() reads the recorded speed of $driver', ({ device, bytesPerSecond }) => {
    const text = recordedText(`sys/class/net/${device}/speed`);
    expect(parseLinkSpeed(text)).toBe(bytesPerSecond);
  });

  test.each([
    { kernel: 'a 10 Mbit/s link', text: '10\n', bytesPerSecond: 1_250_000 },
    { kernel: 'an 800 Gbit/s link', text: '800000\n', bytesPerSecond: 100_000_000_000 },
    { kernel: 'none, of a port without link', text: '0\n', bytesPerSecond: undefined },
    { kernel: 'unknown, signed', text: '-1\n', bytesPerSecond: undefined },
    { kernel: 'unknown through 16 bits', text: '65535\n', bytesPerSecond: undefined },
    { kernel: 'unknown through 32 bits', text: '4294967295\n', bytesPerSecond: undefined },
  ])('parseLinkSpeed() reads $kernel', ({ text, bytesPerSecond }) => {
    expect(parseLinkSpeed(text)).toBe(bytesPerSecond);
  });

  test.each([
    { text: '', quoted: '""' },
    { text: 'Unknown!\n', quoted: String.raw`"Unknown!\n"` },
    { text: '1000Mb/s\n', quoted: String.raw`"1000Mb/s\n"` },
  ])('parseLinkSpeed() rejects $quoted', ({ text, quoted }) => {
    const parse = (): number | undefined => parseLinkSpeed(text);
    expect(parse).toThrow(ParseError);
    expect(parse).toThrow(`line 1: expected an integer, got ${quoted}`);
  });
});

describe('parseBootTimestampSeconds', () => {
  test('parseBootTimestampSeconds() reads the recorded /proc/stat', () => {
    const text = recordedText('proc/stat');
    expect(parseBootTimestampSeconds(text)).toBe(1795145580);
  });

  test('parseBootTimestampSeconds() finds its line among the others', () => {
    const text = [
      'cpu  1132 0 1441 62420 38 0 57 0 0 0',
      'intr 74413 0 34',
      'ctxt 199292',
      'btime 1763610012',
      'processes 2026',
      '',
    ].join('\n');
    expect(parseBootTimestampSeconds(text)).toBe(1763610012);
  });

  test.each([
    { text: '', quoted: '""' },
    { text: 'ctxt 199292\n', quoted: String.raw`"ctxt 199292\n"` },
    { text: 'btime\n', quoted: String.raw`"btime\n"` },
    { text: 'btime now\n', quoted: String.raw`"btime now\n"` },
    { text: 'btime -1\n', quoted: String.raw`"btime -1\n"` },
    { text: 'btime 1763610012.5\n', quoted: String.raw`"btime 1763610012.5\n"` },
    { text: ' btime 1763610012\n', quoted: String.raw`" btime 1763610012\n"` },
    { text: 'btime 1234567890123456\n', quoted: String.raw`"btime 1234567890123456\n"` },
  ])('parseBootTimestampSeconds() rejects $quoted', ({ text, quoted }) => {
    const parse = (): number => parseBootTimestampSeconds(text);
    expect(parse).toThrow(ParseError);
    expect(parse).toThrow(`line 1: expected a "btime" line, got ${quoted}`);
  });
});
