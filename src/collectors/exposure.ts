import type { Device, Feature } from '../model/device.ts';
import type { KnownIssue, VersionRange } from '../model/known-issue.ts';
import { compareVersions, parseFirmwareVersion, parseKernelVersion } from '../parsers/version.ts';

/** What decides whether a device is exposed to an issue of its driver. Undefined is what could not be read. */
export interface ExposureFacts {
  readonly firmwareVersion: string | undefined;
  readonly kernelRelease: string | undefined;
  readonly features: readonly Feature[] | undefined;
}

/** `unknown` where what decides cannot be read or compared. */
export type Exposure = 'exposed' | 'mitigated' | 'unknown';

/** Whether an issue is for a device of that name and place, whatever its driver and versions. */
export function isSelected(
  { device, bus }: KnownIssue,
  { name, busAddress }: Pick<Device, 'name' | 'busAddress'>,
): boolean {
  return device?.test(name) !== false && bus?.test(busAddress ?? '') !== false;
}

/** Whether firmware and kernel are such as an issue names; undefined where nobody can tell. */
export function hasVersions(
  { firmware, kernel }: KnownIssue,
  { firmwareVersion, kernelRelease }: Omit<ExposureFacts, 'features'>,
): boolean | undefined {
  const verdicts = new Set([
    isWithin(firmware, firmwareVersion, parseFirmwareVersion),
    isWithin(kernel, kernelRelease, parseKernelVersion),
  ]);
  return verdicts.has(false) ? false : verdicts.has(undefined) ? undefined : true;
}

/**
 * Tells whether a device of one of the issue's drivers is exposed to it now: its firmware, its kernel and one of its
 * features must all be such. One that is not is enough to be safe, whatever is unknown of the others.
 */
export function exposureTo(issue: KnownIssue, facts: ExposureFacts): Exposure {
  const conditions = new Set([hasVersions(issue, facts), isAnyOn(issue.features, facts.features)]);
  if (conditions.has(false)) {
    return 'mitigated';
  }
  return conditions.has(undefined) ? 'unknown' : 'exposed';
}

/** Undefined where nobody can tell. */
function isWithin(
  range: VersionRange | undefined,
  text: string | undefined,
  parse: typeof parseKernelVersion,
): boolean | undefined {
  if (range === undefined) {
    return true;
  }
  const version = text === undefined ? undefined : parse(text);
  if (version === undefined) {
    return undefined;
  }
  const from = parse(range.from ?? '');
  const below = parse(range.below ?? '');
  return (
    (from === undefined || compareVersions(version, from) >= 0) &&
    (below === undefined || compareVersions(version, below) < 0)
  );
}

/** A feature the device does not have is off; where it has none of them, nobody can tell. */
function isAnyOn(
  names: readonly string[],
  features: readonly Feature[] | undefined,
): boolean | undefined {
  if (names.length === 0) {
    return true;
  }
  const own = features?.filter(({ name }) => names.includes(name)) ?? [];
  return own.length === 0 ? undefined : own.some(({ enabled }) => enabled);
}
