import { describe, expect, test } from 'vitest';

import { recordedText } from '../../test/support/recordings.ts';
import { ParseError } from '../model/errors.ts';
import { parseEthtoolDriverInfo } from './ethtool-driver-info.ts';

function recording(device: string): string {
  return recordedText(`ethtool/i.${device}.txt`);
}

describe('parseEthtoolDriverInfo', () => {
  test.each([
    {
      device: 'eno1',
      driver: 'e1000e',
      version: '6.12.95+deb12-amd64',
      firmwareVersion: '2.1-0',
      busAddress: '0000:00:03.0',
    },
    {
      device: 'ens192',
      driver: 'vmxnet3',
      version: '1.9.0.0-k-NAPI',
      firmwareVersion: undefined,
      busAddress: '0000:00:05.0',
    },
    {
      device: 'bond0',
      driver: 'bonding',
      version: '6.12.95+deb12-amd64',
      firmwareVersion: '2',
      busAddress: undefined,
    },
    {
      device: 'br0',
      driver: 'bridge',
      version: '2.3',
      firmwareVersion: undefined,
      busAddress: undefined,
    },
    {
      device: 'ens192.7',
      driver: '802.1Q VLAN Support',
      version: '1.8',
      firmwareVersion: undefined,
      busAddress: undefined,
    },
    {
      device: 'vx42',
      driver: 'vxlan',
      version: '0.1',
      firmwareVersion: undefined,
      busAddress: undefined,
    },
  ])('parseEthtoolDriverInfo() reads the recorded $driver', ({ device, ...info }) => {
    expect(parseEthtoolDriverInfo(recording(device))).toEqual(info);
  });

  test.each([
    {
      driver: 'mlx5',
      line: 'firmware-version: 16.35.2000 (MT_0000000012)',
      firmwareVersion: '16.35.2000 (MT_0000000012)',
    },
    {
      driver: 'ice',
      line: 'firmware-version: 4.40 0x8001c7d4 1.3534.0',
      firmwareVersion: '4.40 0x8001c7d4 1.3534.0',
    },
    {
      driver: 'bnx2x',
      line: 'firmware-version: bc 7.13.75 phy aa0.406: x',
      firmwareVersion: 'bc 7.13.75 phy aa0.406: x',
    },
    { driver: 'bridge', line: 'firmware-version: N/A', firmwareVersion: undefined },
    { driver: 'virtio_net', line: 'firmware-version: ', firmwareVersion: undefined },
    { driver: 'veth', line: 'firmware-version:', firmwareVersion: undefined },
    { driver: 'dummy', line: 'bus-info: ', firmwareVersion: undefined },
  ])('parseEthtoolDriverInfo() reads the firmware of $driver', ({ driver, ...row }) => {
    expect(parseEthtoolDriverInfo(`driver: ${driver}\n${row.line}\n`)).toEqual({
      driver,
      version: undefined,
      firmwareVersion: row.firmwareVersion,
      busAddress: undefined,
    });
  });

  test.each([
    { why: 'nothing', text: '', line: 1, got: '""' },
    {
      why: 'a complaint of ethtool',
      text: 'Cannot get driver information: Operation not supported\n',
      line: 1,
      got: String.raw`"Cannot get driver information: Operation not supported\n"`,
    },
    {
      why: 'a missing driver',
      text: 'version: 1.0\nbus-info: \n',
      line: 1,
      got: String.raw`"version: 1.0\nbus-info: \n"`,
    },
    { why: 'a cut name', text: 'driver: veth\nvers', line: 2, got: '"vers"' },
    { why: 'an empty name', text: 'driver: veth\n: 1.0\n', line: 2, got: '": 1.0"' },
    { why: 'a blank line', text: 'driver: veth\n\nversion: 1.0\n', line: 2, got: '""' },
  ])('parseEthtoolDriverInfo() rejects $why', ({ text, line, got }) => {
    const parse = (): unknown => parseEthtoolDriverInfo(text);
    expect(parse).toThrow(ParseError);
    expect(parse).toThrow(expect.objectContaining({ line }));
    expect(parse).toThrow(`, got ${got}`);
  });
});
