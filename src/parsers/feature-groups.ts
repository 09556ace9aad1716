import type { Feature } from '../model/device.ts';

/**
 * The groups of features `ethtool -k` prints first, in its order, with the kernel's names of their members.
 *
 * @see ethtool(8), off_flag_def in ethtool's common.c
 */
const featureGroups: readonly (readonly [group: string, members: RegExp])[] = [
  ['rx-checksumming', /^rx-checksum$/],
  ['tx-checksumming', /^tx-checksum-/],
  ['scatter-gather', /^tx-scatter-gather/],
  ['tcp-segmentation-offload', /^tx-tcp.*-segmentation$/],
  ['generic-segmentation-offload', /^tx-generic-segmentation$/],
  ['generic-receive-offload', /^rx-gro$/],
  ['large-receive-offload', /^rx-lro$/],
  ['rx-vlan-offload', /^rx-vlan-hw-parse$/],
  ['tx-vlan-offload', /^tx-vlan-hw-insert$/],
  ['ntuple-filters', /^rx-ntuple-filter$/],
  ['receive-hashing', /^rx-hashing$/],
];

/**
 * Groups the kernel's features as `ethtool -k` does: a group replaces its only member, or precedes its several members and is on
 * when any of them is; the other features follow.
 */
export function groupFeatures(features: readonly Feature[]): readonly Feature[] {
  const grouped = featureGroups.flatMap(([name, pattern]) => {
    const members = features.filter((feature) => pattern.test(feature.name));
    const [only] = members;
    return members.length === 1 && only !== undefined
      ? [{ ...only, name }]
      : members.length === 0
        ? []
        : [groupSummary(name, members), ...members];
  });
  const others = features.filter(
    ({ name }) => name !== '' && !featureGroups.some(([, pattern]) => pattern.test(name)),
  );
  return [...grouped, ...others];
}

/** The state of a group, from its members. As in `ethtool -k`, a group is never fixed. */
export function groupSummary(name: string, members: readonly Feature[]): Feature {
  return {
    name,
    enabled: members.some(({ enabled }) => enabled),
    requested: members.some(({ requested }) => requested),
    fixed: false,
  };
}
