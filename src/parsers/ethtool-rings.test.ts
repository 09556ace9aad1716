import { describe, expect, test } from 'vitest';

import { recordedText } from '../../test/support/recordings.ts';
import { ParseError } from '../model/errors.ts';
import { parseEthtoolTxRingSize } from './ethtool-rings.ts';

function recording(device: string): string {
  return recordedText(`ethtool/g.${device}.txt`);
}

describe('parseEthtoolTxRingSize()', () => {
  test.each([
    { driver: 'e1000e', device: 'eno1', expected: 256 },
    { driver: 'igb', device: 'enp6s0', expected: 256 },
    { driver: 'vmxnet3', device: 'ens192', expected: 512 },
    { driver: 'e1000', device: 'ens3', expected: 256 },
    { driver: 'virtio_net', device: 'ens5', expected: 256 },
  ])('reads the present size of $driver, not the largest', ({ device, expected }) => {
    expect(parseEthtoolTxRingSize(recording(device))).toBe(expected);
  });

  test('reads the form of ethtool before 5.16', () => {
    expect(
      parseEthtoolTxRingSize(
        'Ring parameters for eth0:\nPre-set maximums:\nRX:\t\t4096\nRX Mini:\t0\nRX Jumbo:\t0\nTX:\t\t4096\nCurrent hardware settings:\nRX:\t\t512\nRX Mini:\t0\nRX Jumbo:\t0\nTX:\t\t1024\n\n',
      ),
    ).toBe(1024);
  });

  test.each([
    { why: 'nothing', input: '' },
    { why: 'a complaint', input: 'netlink error: Operation not supported\n' },
    { why: 'the largest size alone', input: 'Pre-set maximums:\nTX:\t\t4096\n' },
    { why: 'no settings', input: 'Pre-set maximums:\nTX:\t1\nCurrent hardware settings:\n' },
    { why: 'a size cut off', input: 'Current hardware settings:\nRX:\t\t256\nTX:\t\t' },
    { why: 'a size on the next line', input: 'Current hardware settings:\nTX:\n1\n' },
    { why: 'a size there is not', input: 'Current hardware settings:\nTX:\t\tn/a\n' },
    { why: 'a negative size', input: 'Current hardware settings:\nTX:\t\t-1\n' },
    { why: 'another setting', input: 'Current hardware settings:\nTX Push:\t1\nRX:\t2\n' },
  ])('rejects $why', ({ input }) => {
    const parse = (): unknown => parseEthtoolTxRingSize(input);
    expect(parse).toThrow(ParseError);
    expect(parse).toThrow(expect.objectContaining({ line: 1 }));
    expect(parse).toThrow(`, got ${JSON.stringify(input)}`);
  });
});
