import type { Device, Feature } from '../model/device.ts';
import type { KnownIssue, VersionRange } from '../model/known-issue.ts';
import { compareVersions, parseFirmwareVersion, parseKernelVersion } from '../parsers/version.ts';

/** The facts that decide whether a device is exposed to an issue of its driver; undefined if they could not be read. */
export interface ExposureFacts {
  readonly firmwareVersion: string | undefined;
  readonly kernelRelease: string | undefined;
  readonly features: readonly Feature[] | undefined;
}

/** `unknown` if a fact cannot be read or compared. */
export type Exposure = 'exposed' | 'mitigated' | 'unknown';

/** Whether an issue applies to a device by its name and bus address. */
export function isSelected(
  { device, bus }: KnownIssue,
  { name, busAddress }: Pick<Device, 'name' | 'busAddress'>,
): boolean {
  return device?.test(name) !== false && bus?.test(busAddress ?? '') !== false;
}

/** Whether firmware and kernel are affected by an issue; undefined if unknown. */
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
 * Whether a device with one of the issue's drivers is exposed: its firmware and kernel must be affected, and one of the features
 * be on. If one of these is false, the others may be unknown.
 */
export function exposureTo(issue: KnownIssue, facts: ExposureFacts): Exposure {
  const conditions = new Set([hasVersions(issue, facts), isAnyOn(issue.features, facts.features)]);
  if (conditions.has(false)) {
    return 'mitigated';
  }
  return conditions.has(undefined) ? 'unknown' : 'exposed';
}

/** Undefined if unknown. */
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

/** A feature that the device lacks is off; undefined if it lacks all. */
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
