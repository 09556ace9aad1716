import { offloadNames } from '../catalogue/offload-names.ts';
import type { Feature } from '../model/device.ts';

/**
 * Groups the kernel's features as `ethtool -k` does: a group replaces its only member, or precedes its several members and is on
 * when any of them is; the other features follow.
 */
export function groupFeatures(features: readonly Feature[]): readonly Feature[] {
  const grouped = offloadNames.flatMap(({ name, members: pattern }) => {
    const members = features.filter((feature) => pattern.test(feature.name));
    const [only] = members;
    return members.length === 1 && only !== undefined
      ? [{ ...only, name }]
      : members.length === 0
        ? []
        : [groupSummary(name, members), ...members];
  });
  const others = features.filter(
    ({ name }) => name !== '' && !offloadNames.some(({ members }) => members.test(name)),
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
