import { describe, expect, test } from 'vitest';

import { recordedText } from '../../test/support/recordings.ts';
import { ParseError } from '../model/errors.ts';
import type { Feature } from '../model/device.ts';
import { parseEthtoolFeatures } from './ethtool-features.ts';

function recorded(device: string): ReadonlyMap<string, Feature> {
  const text = recordedText(`ethtool/k.${device}.txt`);
  return new Map(parseEthtoolFeatures(text).map((feature) => [feature.name, feature]));
}

describe('parseEthtoolFeatures', () => {
  test('parseEthtoolFeatures() gives all features in the order of the output', () => {
    const names = [...recorded('eno1').keys()];
    expect(names).toHaveLength(62);
    expect(names.slice(0, 4)).toEqual([
      'rx-checksumming',
      'tx-checksumming',
      'tx-checksum-ipv4',
      'tx-checksum-ip-generic',
    ]);
    expect(names.at(-1)).toBe('hsr-dup-offload');
  });

  test.each([
    {
      state: 'on',
      device: 'eno1',
      name: 'rx-checksumming',
      feature: { enabled: true, requested: true, fixed: false },
    },
    {
      state: 'off',
      device: 'eno1',
      name: 'rx-fcs',
      feature: { enabled: false, requested: false, fixed: false },
    },
    {
      state: 'on [fixed]',
      device: 'eno1',
      name: 'highdma',
      feature: { enabled: true, requested: true, fixed: true },
    },
    {
      state: 'off [fixed]',
      device: 'eno1',
      name: 'large-receive-offload',
      feature: { enabled: false, requested: false, fixed: true },
    },
    {
      state: 'off [requested on]',
      device: 'ens5',
      name: 'generic-segmentation-offload',
      feature: { enabled: false, requested: true, fixed: false },
    },
    {
      state: 'on [requested off]',
      device: 'bond0',
      name: 'tx-nocache-copy',
      feature: { enabled: true, requested: false, fixed: false },
    },
    {
      state: 'off [requested on] of a member',
      device: 'bond0',
      name: 'tx-tcp6-segmentation',
      feature: { enabled: false, requested: true, fixed: false },
    },
    {
      state: 'off [fixed] of a member',
      device: 'vx42',
      name: 'tx-checksum-ipv4',
      feature: { enabled: false, requested: false, fixed: true },
    },
    {
      state: 'a group with some members fixed',
      device: 'eno1',
      name: 'tx-checksumming',
      feature: { enabled: true, requested: true, fixed: false },
    },
    {
      state: 'a group with all members fixed off',
      device: 'ens5',
      name: 'tx-checksumming',
      feature: { enabled: false, requested: false, fixed: false },
    },
    {
      state: 'a group with all members fixed on',
      device: 'lo',
      name: 'scatter-gather',
      feature: { enabled: true, requested: true, fixed: false },
    },
    {
      state: 'a group with members requested on',
      device: 'bond0',
      name: 'tcp-segmentation-offload',
      feature: { enabled: false, requested: true, fixed: false },
    },
  ])('parseEthtoolFeatures() reads the recorded $state', ({ device, name, feature }) => {
    expect(recorded(device).get(name)).toEqual({ name, ...feature });
  });

  test.each([
    {
      output: 'kernels before 6.12, which have tx-lockless',
      lines: ['tx-lockless: on [fixed]'],
      features: [{ name: 'tx-lockless', enabled: true, requested: true, fixed: true }],
    },
    {
      output: 'ethtool without netlink, which has udp-fragmentation-offload',
      lines: ['udp-fragmentation-offload: off'],
      features: [
        { name: 'udp-fragmentation-offload', enabled: false, requested: false, fixed: false },
      ],
    },
    {
      output: 'a group whose only member turned on is requested off',
      lines: [
        'tx-checksumming: on',
        '\ttx-checksum-ipv4: off [fixed]',
        '\ttx-checksum-ip-generic: on [requested off]',
      ],
      features: [
        { name: 'tx-checksumming', enabled: true, requested: false, fixed: false },
        { name: 'tx-checksum-ipv4', enabled: false, requested: false, fixed: true },
        { name: 'tx-checksum-ip-generic', enabled: true, requested: false, fixed: false },
      ],
    },
    { output: 'a device without features', lines: [], features: [] },
  ])('parseEthtoolFeatures() reads $output', ({ lines, features }) => {
    expect(parseEthtoolFeatures(['Features for eth0:', ...lines, ''].join('\n'))).toEqual(features);
  });

  test.each([
    { why: 'nothing', text: '', line: 1, got: '""' },
    {
      why: 'a complaint of ethtool',
      text: 'netlink error: No such device\n',
      line: 1,
      got: '"netlink error: No such device"',
    },
    { why: 'a missing heading', text: 'highdma: on\n', line: 1, got: '"highdma: on"' },
    {
      why: 'another state',
      text: 'Features for eth0:\nhighdma: on\nloopback: maybe\n',
      line: 3,
      got: '"loopback: maybe"',
    },
    {
      why: 'another suffix',
      text: 'Features for eth0:\nhighdma: on [not requested]\n',
      line: 2,
      got: '"highdma: on [not requested]"',
    },
    {
      why: 'a cut line',
      text: 'Features for eth0:\nhighdma: on\nloopback: o',
      line: 3,
      got: '"loopback: o"',
    },
    {
      why: 'a cut suffix',
      text: 'Features for eth0:\nhighdma: on [fix',
      line: 2,
      got: '"highdma: on [fix"',
    },
    {
      why: 'a member without group',
      text: 'Features for eth0:\n\ttx-checksum-ipv4: on\n',
      line: 2,
      got: String.raw`"\ttx-checksum-ipv4: on"`,
    },
    {
      why: 'two tabs',
      text: 'Features for eth0:\nscatter-gather: on\n\t\ttx-scatter-gather: on\n',
      line: 3,
      got: String.raw`"\t\ttx-scatter-gather: on"`,
    },
    { why: 'a blank line', text: 'Features for eth0:\n\n', line: 2, got: '""' },
  ])('parseEthtoolFeatures() rejects $why', ({ text, line, got }) => {
    const parse = (): unknown => parseEthtoolFeatures(text);
    expect(parse).toThrow(ParseError);
    expect(parse).toThrow(expect.objectContaining({ line }));
    expect(parse).toThrow(`, got ${got}`);
  });
});
