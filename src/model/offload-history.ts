import type { Feature } from './device.ts';

export const changeCauses = ['first_seen', 'switched', 'device_new', 'boot'] as const;
/** What changed a feature last: somebody, or a device made anew that did not have the setting again. */
type ChangeCause = (typeof changeCauses)[number];

/** Since when the requested state of a feature is what it is. */
export interface KeptState {
  readonly enabled: boolean;
  /** When it was first seen so, in seconds since the epoch. */
  readonly sinceSeconds: number;
  readonly cause: ChangeCause;
  /** How often the device was made anew since, by a boot, a driver reload or a replug, and had it again. */
  readonly kept: number;
}

/** What was seen of a device's offload features, across boots. */
export interface DeviceHistory {
  /** Its bus address. */
  readonly device: string;
  /** The boot and the interface index it was last seen with: with another of either it has been made anew. */
  readonly bootId: string;
  readonly interfaceIndex: number;
  /** By the name `ethtool -k` prints. */
  readonly features: ReadonlyMap<string, KeptState>;
}

interface Observation extends Pick<DeviceHistory, 'device' | 'bootId' | 'interfaceIndex'> {
  readonly features: readonly Feature[];
  readonly nowSeconds: number;
}

/** The history of a device with one more observation; the same object where it tells nothing new. */
export function advanceHistory(
  previous: DeviceHistory | undefined,
  { device, bootId, interfaceIndex, features, nowSeconds }: Observation,
): DeviceHistory {
  const cause = causeOf(previous, { bootId, interfaceIndex });
  let isChanged = cause !== 'switched';
  const states = new Map(previous?.features);
  for (const { name, requested, fixed } of features) {
    const known = states.get(name);
    if (fixed) {
      continue;
    }
    if (known?.enabled !== requested) {
      isChanged = true;
      states.set(name, {
        enabled: requested,
        sinceSeconds: nowSeconds,
        cause: known === undefined ? 'first_seen' : cause,
        kept: 0,
      });
    } else if (cause !== 'switched') {
      states.set(name, { ...known, kept: known.kept + 1 });
    }
  }
  return isChanged || previous === undefined
    ? { device, bootId, interfaceIndex, features: states }
    : previous;
}

/** What a change seen now would be put down to. */
function causeOf(
  previous: DeviceHistory | undefined,
  { bootId, interfaceIndex }: Pick<Observation, 'bootId' | 'interfaceIndex'>,
): ChangeCause {
  if (previous === undefined) {
    return 'first_seen';
  }
  if (previous.bootId !== bootId) {
    return 'boot';
  }
  return previous.interfaceIndex === interfaceIndex ? 'switched' : 'device_new';
}
