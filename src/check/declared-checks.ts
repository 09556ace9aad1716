import { inForce } from '../declared/predict.ts';
import type { InForce } from '../declared/predict.ts';
import type { Check, Fix } from '../model/check-report.ts';
import type { Declaration, Setting } from '../model/declaration.ts';
import { exposureChecks } from './exposure-checks.ts';
import { headlineOf } from './headlines.ts';
import { areWords, keptWords, onOff } from './history-words.ts';
import { appliedChecks, keptCheck } from './kept-checks.ts';
import { fixFor, ok } from './offload-facts.ts';
import type { OffloadFacts } from './offload-facts.ts';
import { harmless, wantedSettings } from './wanted-settings.ts';

const persistPage = 'docs/runbooks/persist-offloads.md';
/** Sections of that page. */
const sections: Readonly<Record<string, string>> = {
  ifupdown: 'ifupdown-debian',
  ifupdown2: 'ifupdown2-proxmox-cumulus',
  NetworkManager: 'networkmanager',
  'systemd-udevd': 'systemd-link',
  udev: 'udev',
};

/** Compares the declared and current offload features of a device with what known issues and policies require. */
export function declaredChecks(facts: OffloadFacts): readonly Check[] {
  if (facts.features === undefined) {
    return ['known-issue', 'offload-declared', 'offload-applied', 'offload-policy'].map((id) => ({
      id,
      result: 'unknown',
      headline: 'could not read the offload features: the driver did not answer',
      evidence: [],
    }));
  }
  const state = inForce(facts.declarations, facts.device);
  const wanted = wantedSettings(facts);
  const declared = ignoredChecks(facts, { state, wanted });
  const exposed = exposureChecks(facts, {
    wanted,
    isExplained: declared.length > 0 || facts.hasHung,
  });
  const open = facts.unreadable.length > 0 || doubts(facts).length > 0;
  const missing = wanted.filter(
    ({ feature, enabled }) => (state.get(feature)?.enabled ?? true) !== enabled,
  );
  const running =
    declared.length === 0 && missing.length > 0 ? onlyRunning(facts, { state, missing, open }) : [];
  const applied = appliedChecks(facts, state);
  return [
    ...exposed,
    ...(declared.length + running.length > 0
      ? [...declared, ...running]
      : [keptCheck(facts, state, missing)]),
    ...(applied.length > 0 ? applied : [ok('offload-applied', 'what is declared is in force')]),
  ];
}

interface State {
  readonly state: ReadonlyMap<string, InForce>;
  readonly wanted: readonly Setting[];
}

/** One finding per reason, with all its lines. */
function ignoredChecks(facts: OffloadFacts, { state, wanted }: State): readonly Check[] {
  const { device, declarations, features = [], input } = facts;
  const names = new Set(input.devices.map(({ name }) => name));
  const isHere = (row: Declaration): boolean =>
    row.device === device.name ||
    // A line for an unknown name is attributed to the NIC without a line.
    (row.device !== undefined &&
      !names.has(row.device) &&
      state.size === 0 &&
      device.busAddress !== undefined);
  const rows = declarations.filter(
    (row) =>
      row.outcome.kind === 'ignored' &&
      !harmless.has(row.outcome.reason) &&
      isHere(row) &&
      row.settings.some(
        ({ feature, enabled }) =>
          features.some(({ name, fixed }) => name === feature && !fixed) &&
          (state.get(feature)?.enabled ?? true) !== enabled,
      ),
  );
  const groups = new Map<string, Declaration[]>();
  for (const row of rows) {
    const reason = row.outcome.kind === 'ignored' ? row.outcome.reason : '';
    const key = `${reason} ${row.file}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  const fix = fixFor(facts, wanted);
  return [...groups.values()].flatMap((group): readonly Check[] => {
    const [first] = group;
    if (first?.outcome.kind !== 'ignored') {
      return [];
    }
    const { reason } = first.outcome;
    const { headline, why } = headlineOf(first, device.name);
    const feature = first.settings[0]?.feature;
    return [
      {
        id: 'offload-declared',
        result: isGrave(facts) ? 'critical' : 'warning',
        reason,
        ...(feature === undefined ? {} : { feature }),
        headline,
        evidence: group.map(({ file, line, text }) => ({ file, line, text })),
        ...(why === undefined ? {} : { why }),
        // If there was a hang, its finding shows the command.
        fix: facts.hasHung ? { ...fix, now: [] } : fix,
        read: persistRead(fix),
      },
    ];
  });
}

function persistRead({ persist }: Fix): string {
  const section = sections[persist?.configurer ?? ''];
  return section === undefined ? persistPage : `${persistPage}#${section}`;
}

function isGrave({ issues, hasHung }: OffloadFacts): boolean {
  return (
    hasHung ||
    issues.some(({ severity, features }) => severity === 'critical' && features.length > 0)
  );
}

/** Settings that are right now but do not survive a reboot. */
function onlyRunning(
  facts: OffloadFacts,
  {
    missing,
    open,
  }: Pick<State, 'state'> & { readonly missing: readonly Setting[]; readonly open: boolean },
): readonly Check[] {
  const { features = [], device } = facts;
  const right = missing.filter(({ feature, enabled }) =>
    features.some((own) => own.name === feature && own.enabled === enabled && !own.fixed),
  );
  const [first] = right;
  if (first === undefined) {
    return [];
  }
  const names = areWords(right, device);
  if (open) {
    const kept = keptWords(right, facts);
    const [doubt] = doubts(facts);
    const cause = doubt ?? `${facts.unreadable.join(', ')} cannot be read`;
    return [
      kept === undefined
        ? {
            id: 'offload-declared',
            result: 'unknown',
            headline: `could not tell what the next reboot brings: ${cause}`,
            evidence: [],
          }
        : {
            id: 'offload-declared',
            result: 'info',
            reason: 'kept',
            headline: `${names} ${onOff(first.enabled)}, and stayed so through ${kept} (${cause})`,
            evidence: [],
          },
    ];
  }
  const fix = fixFor(facts, missing);
  return [
    {
      id: 'offload-declared',
      result: 'warning',
      reason: 'only-running',
      feature: first.feature,
      headline: `${names} ${onOff(first.enabled)} now and nothing keeps it so: the next reboot switches it ${onOff(!first.enabled)}.`,
      evidence: [],
      fix,
      read: persistRead(fix),
    },
  ];
}

function doubts({ declarations, device }: OffloadFacts): readonly string[] {
  return declarations.flatMap((row) =>
    row.outcome.kind === 'unknown' && (row.device === undefined || row.device === device.name)
      ? [row.outcome.detail]
      : [],
  );
}
