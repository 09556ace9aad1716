import { kernelFeatures, offloadNames } from '../catalogue/offload-names.ts';
import type { DeviceIdentity } from '../model/declaration.ts';

/** The features of a device, as `ethtool -k` prints them, that a name of `ethtool -K` sets: empty for one removed from the kernel; undefined for an unknown name. */
export function featuresNamed(
  name: string,
  device: DeviceIdentity | undefined,
): readonly string[] | undefined {
  const features = featuresOf(device);
  const group = offloadNames.find((row) => row.name === name || row.short === name);
  if (group !== undefined) {
    return features.filter((feature) => feature === group.name || group.members.test(feature));
  }
  if (features.includes(name)) {
    return [name];
  }
  const only = offloadNames.find(({ members }) => members.test(name));
  return only !== undefined && features.includes(only.name) ? [only.name] : undefined;
}

/** The features that a device has or may have. */
export function featuresOf(device: DeviceIdentity | undefined): readonly string[] {
  return device?.features ?? kernelFeatures;
}

/** The names of groups whose members are also present. */
export function groupNames(names: readonly string[]): ReadonlySet<string> {
  return new Set(
    offloadNames
      .filter(({ members }) => names.some((name) => members.test(name)))
      .map(({ name }) => name),
  );
}
