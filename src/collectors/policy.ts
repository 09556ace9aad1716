import { featuresNamed } from '../declared/feature-names.ts';
import type { DeviceIdentity } from '../model/declaration.ts';
import type { Feature } from '../model/device.ts';
import type { KnownIssue } from '../model/known-issue.ts';
import { hasVersions, isSelected } from './exposure.ts';
import type { ExposureFacts } from './exposure.ts';

/** Whether a feature of a device violates a policy. */
export interface PolicyVerdict {
  readonly policy: KnownIssue;
  readonly feature: string;
  readonly isViolated: boolean;
}

interface PolicySubject extends ExposureFacts {
  readonly device: DeviceIdentity;
}

/** Checks a device against the policies that apply to it; no verdict if its firmware or kernel cannot be compared. */
export function policyVerdicts(
  policies: readonly KnownIssue[],
  { device, features = [], ...versions }: PolicySubject,
): readonly PolicyVerdict[] {
  const states = new Map(features.map((feature) => [feature.name, feature]));
  return policies
    .filter(
      (policy) =>
        policy.required !== undefined &&
        policy.drivers.includes(device.driver ?? '') &&
        isSelected(policy, device) &&
        hasVersions(policy, versions) === true,
    )
    .flatMap((policy) =>
      policy.features
        .flatMap((name) => featuresNamed(name, device) ?? [])
        .map((name) => states.get(name))
        .filter((feature): feature is Feature => feature !== undefined)
        .map(({ name, enabled }) => ({
          policy,
          feature: name,
          isViolated: enabled !== (policy.required === 'on'),
        })),
    );
}
