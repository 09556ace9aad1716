import { offloadNames } from '../catalogue/offload-names.ts';
import type { DeviceIdentity, Setting } from '../model/declaration.ts';
import { featuresNamed, featuresOf } from '../declared/feature-names.ts';

/** A feature argument of `ethtool -K`, and its state. */
export interface Switch {
  /** `tso`, or the name that `ethtool -k` prints if there is no short one. */
  readonly name: string;
  readonly enabled: boolean;
}

/** Formats settings of a device with as few arguments of `ethtool -K` as possible. */
export function switchesOf(
  settings: readonly Setting[],
  device: DeviceIdentity | undefined,
): readonly Switch[] {
  const wanted = new Map(settings.map(({ feature, enabled }) => [feature, enabled]));
  const switches: Switch[] = [];
  for (const { short, members, name } of offloadNames) {
    const features = (featuresNamed(short, device) ?? []).filter((feature) => wanted.has(feature));
    const states = new Set(features.map((feature) => wanted.get(feature)));
    const isWhole =
      short === 'tso'
        ? features.some((feature) => feature === 'tx-tcp-segmentation') &&
          features.some((feature) => feature === 'tx-tcp6-segmentation')
        : features.length ===
          featuresOf(device).filter((feature) => feature === name || members.test(feature)).length;
    const [enabled] = states;
    if (features.length > 0 && isWhole && states.size === 1 && enabled !== undefined) {
      switches.push({ name: short, enabled });
      for (const feature of features) {
        wanted.delete(feature);
      }
    }
  }
  return [
    ...switches.toSorted(byHabit),
    ...[...wanted].map(([name, enabled]) => ({ name, enabled })),
  ];
}

/** The command that sets the features of a device now. */
export function switchCommand(
  device: string,
  switches: readonly Switch[],
  program = 'ethtool',
): string {
  const words = switches.map(({ name, enabled }) => `${name} ${enabled ? 'on' : 'off'}`);
  return `${program} -K ${device} ${words.join(' ')}`;
}

/** In the usual order. */
function byHabit(one: Switch, other: Switch): number {
  return habit(one) - habit(other);
}

function habit({ name }: Switch): number {
  const index = ['tso', 'gso', 'gro'].indexOf(name);
  return index < 0 ? Number.MAX_SAFE_INTEGER : index;
}
