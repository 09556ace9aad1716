import { featuresNamed } from '../declared/feature-names.ts';
import type { Check, Evidence } from '../model/check-report.ts';
import type { DeviceIdentity, Setting } from '../model/declaration.ts';
import type { Feature } from '../model/device.ts';
import type { KnownIssue } from '../model/known-issue.ts';
import { fixFor, ok } from './offload-facts.ts';
import type { OffloadFacts } from './offload-facts.ts';
import { switchesOf } from './switch-words.ts';

/** Known issues that the device is exposed to, and policies that it violates. */
export function exposureChecks(
  facts: OffloadFacts,
  { wanted, isExplained }: { readonly wanted: readonly Setting[]; readonly isExplained: boolean },
): readonly Check[] {
  const { issues, device, features = [] } = facts;
  const risks = uncovered(issues).filter(({ required }) => required === undefined);
  const policies = issues.filter(({ required }) => required !== undefined);
  const checks = (list: readonly KnownIssue[], id: string): readonly Check[] => {
    const found = list.flatMap((issue): readonly Check[] => {
      const violated = features.filter(
        ({ name, enabled }) =>
          enabled !== (issue.required === 'on') &&
          issue.features.some(
            (wantedName) => featuresNamed(wantedName, device)?.includes(name) === true,
          ),
      );
      const isOpen =
        violated.length > 0 || (issue.features.length === 0 && issue.severity !== 'info');
      if (!isOpen || (id === 'known-issue' && isExplained)) {
        return [];
      }
      const isInfo = issue.severity === 'info';
      return [
        {
          id,
          result: isInfo
            ? 'info'
            : id === 'offload-policy'
              ? issue.severity === 'critical'
                ? 'critical'
                : 'warning'
              : 'warning',
          reason: issue.id,
          ...(violated[0] === undefined ? {} : { feature: violated[0].name }),
          headline:
            id === 'offload-policy'
              ? `The policy ${issue.id} requires ${issue.features.join(', ')} to be ${issue.required}, and it is not.`
              : `The device is exposed to the known issue ${issue.id}.`,
          evidence: [
            ...versionEvidence(issue, facts),
            ...(violated.length === 0 ? [] : [{ text: stateText(violated, device) }]),
            ...tunnelEvidence(violated, facts),
          ],
          why: issue.symptom,
          ...(isInfo || violated.length === 0
            ? {}
            : { fix: { ...fixFor(facts, wanted), ...otherWay(issue) } }),
          read: issue.sources[0] ?? 'docs/known-issues.md',
        },
      ];
    });
    return found.some(({ result }) => result !== 'info')
      ? found
      : [...found, ok(id, id === 'known-issue' ? 'no known issue' : 'no policy is violated')];
  };
  return [...checks(policies, 'offload-policy'), ...checks(risks, 'known-issue')];
}

/** Without known issues that a policy covers. */
export function uncovered(issues: readonly KnownIssue[]): readonly KnownIssue[] {
  const covered = new Set(
    issues.flatMap(({ required, features }) => (required === undefined ? [] : features)),
  );
  return issues.filter(
    ({ required, features }) =>
      required !== undefined ||
      features.length === 0 ||
      features.some((feature) => !covered.has(feature)),
  );
}

function tunnelEvidence(
  violated: readonly Feature[],
  { sentThrough }: OffloadFacts,
): readonly Evidence[] {
  return violated.some(({ name }) => name.includes('udp_tnl'))
    ? sentThrough.map(({ name, packets }) => ({
        text: `sent through ${name} while this ran: ${packets} ${packets === 1 ? 'packet' : 'packets'}`,
      }))
    : [];
}

function otherWay({ firmware, required }: KnownIssue): { readonly or?: string } {
  return firmware?.below === undefined
    ? {}
    : {
        or: `firmware ${firmware.below} ends it; then take the setting back${required === 'off' ? '. Until then NICKnownIssueExposed stays quiet while the flag is off' : ''}.`,
      };
}

function versionEvidence(
  { firmware, required, id }: KnownIssue,
  { firmwareVersion }: OffloadFacts,
): readonly Evidence[] {
  if (firmware === undefined || firmwareVersion === undefined) {
    return [];
  }
  const range = [
    ...(firmware.from === undefined ? [] : [`from ${firmware.from}`]),
    ...(firmware.below === undefined ? [] : [`below ${firmware.below}`]),
  ].join(', ');
  const kind = required === undefined ? 'known issue' : 'policy';
  return [{ text: `firmware ${firmwareVersion.split(' ')[0] ?? ''} (${kind} ${id}: ${range})` }];
}

/** Describes the states of features, as a group if all its members have the same. */
export function stateText(features: readonly Feature[], device: DeviceIdentity): string {
  return switchesOf(
    features.map(({ name, enabled }) => ({ feature: name, enabled })),
    device,
  )
    .map(({ name, enabled }) => `${longName(name)} is ${enabled ? 'on' : 'off'}`)
    .join(', ');
}

function longName(short: string): string {
  return (
    {
      tso: 'tcp-segmentation-offload',
      gso: 'generic-segmentation-offload',
      gro: 'generic-receive-offload',
    }[short] ?? short
  );
}
