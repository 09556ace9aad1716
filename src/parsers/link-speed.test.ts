import { readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { ParseError } from '../model/errors.ts';
import { parseLinkSpeed } from './link-speed.ts';

const host = new URL('../../test/hosts/debian-6.12.95-qemu/', import.meta.url);

describe('parseLinkSpeed', () => {
  test.each([
    { device: 'eno1', driver: 'e1000e', bitsPerSecond: 1_000_000_000 },
    { device: 'enp6s0', driver: 'igb', bitsPerSecond: 1_000_000_000 },
    { device: 'veth0', driver: 'veth', bitsPerSecond: 10_000_000_000 },
    { device: 'ens5', driver: 'virtio_net', bitsPerSecond: undefined },
    { device: 'bond0', driver: 'bonding', bitsPerSecond: undefined },
  ])('parseLinkSpeed() reads the recorded speed of $driver', ({ device, bitsPerSecond }) => {
    const text = readFileSync(new URL(`sys/class/net/${device}/speed`, host), 'utf8');
    expect(parseLinkSpeed(text)).toBe(bitsPerSecond);
  });

  test.each([
    { kernel: 'a 10 Mbit/s link', text: '10\n', bitsPerSecond: 10_000_000 },
    { kernel: 'an 800 Gbit/s link', text: '800000\n', bitsPerSecond: 800_000_000_000 },
    { kernel: 'none, of a port without link', text: '0\n', bitsPerSecond: undefined },
    { kernel: 'unknown, signed', text: '-1\n', bitsPerSecond: undefined },
    { kernel: 'unknown through 16 bits', text: '65535\n', bitsPerSecond: undefined },
    { kernel: 'unknown through 32 bits', text: '4294967295\n', bitsPerSecond: undefined },
  ])('parseLinkSpeed() reads $kernel', ({ text, bitsPerSecond }) => {
    expect(parseLinkSpeed(text)).toBe(bitsPerSecond);
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
