import { featuresNamed } from '../declared/feature-names.ts';
import type { IgnoredReason, Setting } from '../model/declaration.ts';
import type { KnownIssue } from '../model/known-issue.ts';
import { uncovered } from './exposure-checks.ts';
import type { OffloadFacts } from './offload-facts.ts';

/** Reasons for which a line may intentionally have no effect. */
export const harmless: ReadonlySet<IgnoredReason> = new Set([
  'no-match',
  'overruled',
  'unit-disabled',
]);
/** The settings that known issues and policies require, and those that ignored lines intend. */
export function wantedSettings({
  device,
  features = [],
  issues,
  declarations,
}: OffloadFacts): readonly Setting[] {
  const changeable = new Set(features.filter(({ fixed }) => !fixed).map(({ name }) => name));
  const wanted = new Map<string, boolean>();
  for (const { outcome, settings, ...row } of declarations) {
    if (outcome.kind === 'ignored' && row.device === device.name && !harmless.has(outcome.reason)) {
      for (const { feature, enabled } of settings) {
        wanted.set(feature, enabled);
      }
    }
  }
  for (const issue of uncovered(issues).filter(({ severity }) => severity !== 'info')) {
    for (const name of mitigationNames(issue)) {
      for (const feature of featuresNamed(name, device) ?? []) {
        wanted.set(feature, issue.required === 'on');
      }
    }
  }
  return [...wanted]
    .filter(([feature]) => changeable.has(feature))
    .map(([feature, enabled]) => ({ feature, enabled }));
}

/** The command of an issue may set more features than those that expose a device to it. */
function mitigationNames({ features, mitigation, required }: KnownIssue): readonly string[] {
  const [, words = ''] = /^ethtool -K DEVICE (.*)$/.exec(mitigation) ?? [];
  const switched = [...words.matchAll(/(\S+) off\b/g)].map(([, name = '']) => name);
  return required === undefined ? [...features, ...switched] : features;
}
