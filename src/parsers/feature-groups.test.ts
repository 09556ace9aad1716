import { readdirSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { debianHost, recordedPath, recordedText } from '../../test/support/recordings.ts';
import type { Feature } from '../model/device.ts';
import { parseEthtoolFeatures } from './ethtool-features.ts';
import { groupFeatures } from './feature-groups.ts';

/** The kernel's names of the features that ethtool calls by a name of its own. */
const kernelNames: ReadonlyMap<string, string> = new Map([
  ['rx-checksumming', 'rx-checksum'],
  ['generic-segmentation-offload', 'tx-generic-segmentation'],
  ['generic-receive-offload', 'rx-gro'],
  ['large-receive-offload', 'rx-lro'],
  ['rx-vlan-offload', 'rx-vlan-hw-parse'],
  ['tx-vlan-offload', 'tx-vlan-hw-insert'],
  ['ntuple-filters', 'rx-ntuple-filter'],
  ['receive-hashing', 'rx-hashing'],
]);

describe('groupFeatures()', () => {
  const recorded = readdirSync(recordedPath(debianHost, 'ethtool'))
    .filter((file) => file.startsWith('k.'))
    .map((file) => ({ file, text: recordedText(`ethtool/${file}`) }))
    .filter(({ text }) => text.startsWith('Features for '));

  test('has recordings to compare with', () => {
    expect(recorded.length).toBeGreaterThan(15);
  });

  test.each(recorded)('arranges the features of $file as ethtool did', ({ text }) => {
    const printed = parseEthtoolFeatures(text);
    const summaries = summaryNames(text);
    const flat = printed
      .filter(({ name }) => !summaries.includes(name))
      .map(({ name, ...state }) => ({ name: kernelNames.get(name) ?? name, ...state }));
    expect(groupFeatures(flat)).toEqual(printed);
    // The kernel has its own order; within a group it is the printed one.
    const ungrouped = flat.findIndex(({ name }) => name === 'highdma');
    expect(groupFeatures([...flat.slice(ungrouped), ...flat.slice(0, ungrouped)])).toEqual(printed);
    const groups = printed.filter(({ name }) => summaries.includes(name));
    expect(groups).toHaveLength(summaries.length);
    for (const { name, enabled, fixed } of groups) {
      expect(text).toContain(`\n${name}: ${enabled ? 'on' : 'off'}${fixed ? ' [fixed]' : ''}\n`);
    }
  });

  test.each([
    { what: 'nothing for no features', features: [], grouped: [] },
    {
      what: 'a group of one under its name, with what the member is',
      features: [
        feature('rx-lro', { fixed: true }),
        feature('tx-checksum-ipv4', { enabled: true }),
      ],
      grouped: [
        feature('tx-checksumming', { enabled: true }),
        feature('large-receive-offload', { fixed: true }),
      ],
    },
    {
      what: 'a group of several before its members, on when any is',
      features: [
        feature('tx-tcp-segmentation'),
        feature('highdma', { enabled: true }),
        feature('tx-tcp6-segmentation', { enabled: true }),
      ],
      grouped: [
        feature('tcp-segmentation-offload', { enabled: true }),
        feature('tx-tcp-segmentation'),
        feature('tx-tcp6-segmentation', { enabled: true }),
        feature('highdma', { enabled: true }),
      ],
    },
    {
      what: 'a group as not fixed, whatever its members are',
      features: [
        feature('tx-scatter-gather', { fixed: true }),
        feature('tx-scatter-gather-fraglist'),
        feature('tx-checksum-ipv4', { fixed: true }),
        feature('tx-checksum-ipv6', { fixed: true }),
      ],
      grouped: [
        feature('tx-checksumming'),
        feature('tx-checksum-ipv4', { fixed: true }),
        feature('tx-checksum-ipv6', { fixed: true }),
        feature('scatter-gather'),
        feature('tx-scatter-gather', { fixed: true }),
        feature('tx-scatter-gather-fraglist'),
      ],
    },
    {
      what: 'a group as requested when any member is',
      features: [
        feature('tx-tcp-segmentation', { requested: true }),
        feature('tx-tcp6-segmentation'),
      ],
      grouped: [
        feature('tcp-segmentation-offload', { requested: true }),
        feature('tx-tcp-segmentation', { requested: true }),
        feature('tx-tcp6-segmentation'),
      ],
    },
    {
      what: 'nothing for bits the kernel has no name for',
      features: [feature('', { enabled: true }), feature('highdma'), feature('')],
      grouped: [feature('highdma')],
    },
    {
      what: 'names that only resemble those of a group as they are',
      features: [
        feature('rx-gro-hw'),
        feature('rx-gro-list'),
        feature('rx-checksums'),
        feature('tx-udp-segmentation'),
        feature('esp-tx-csum-hw-offload'),
        feature('x-tx-checksum-ipv4'),
      ],
      grouped: [
        feature('rx-gro-hw'),
        feature('rx-gro-list'),
        feature('rx-checksums'),
        feature('tx-udp-segmentation'),
        feature('esp-tx-csum-hw-offload'),
        feature('x-tx-checksum-ipv4'),
      ],
    },
    {
      what: 'members of later kernels with their group',
      features: [feature('tx-tcp-segmentation'), feature('tx-tcp-accecn-segmentation')],
      grouped: [
        feature('tcp-segmentation-offload'),
        feature('tx-tcp-segmentation'),
        feature('tx-tcp-accecn-segmentation'),
      ],
    },
  ])('gives $what', ({ features, grouped }) => {
    expect(groupFeatures(features)).toEqual(grouped);
  });
});

/** A feature that is off and can be changed, but for what is said. */
function feature(name: string, state: Partial<Feature> = {}): Feature {
  return { name, enabled: false, requested: false, fixed: false, ...state };
}

/** Lines with members below them. */
function summaryNames(text: string): readonly string[] {
  return [...text.matchAll(/^([^\t\n:]+): (?:on|off)\n(?=\t)/gm)].map(([, name = '']) => name);
}
