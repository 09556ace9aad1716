import { kernelFeatures, offloadNames } from '../catalogue/offload-names.ts';
import type { DeviceIdentity } from '../model/declaration.ts';

/** What a name that `ethtool -K` takes switches on a device: its features under the names `ethtool -k` prints, none for one that is gone from the kernel; undefined where there is no such name. */
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

/** The features a device has, or may have. */
export function featuresOf(device: DeviceIdentity | undefined): readonly string[] {
  return device?.features ?? kernelFeatures;
}

/** Which of these names are groups whose members are there too. */
export function groupNames(names: readonly string[]): ReadonlySet<string> {
  return new Set(
    offloadNames
      .filter(({ members }) => names.some((name) => members.test(name)))
      .map(({ name }) => name),
  );
}
