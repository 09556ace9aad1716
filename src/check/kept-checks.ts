import type { InForce } from '../declared/predict.ts';
import type { Check } from '../model/check-report.ts';
import type { Setting } from '../model/declaration.ts';
import { areWords, keptWords, onOff } from './history-words.ts';
import { localTime } from './local-time.ts';
import { ok } from './offload-facts.ts';
import type { OffloadFacts } from './offload-facts.ts';
import { switchCommand, switchesOf } from './switch-words.ts';

type State = ReadonlyMap<string, InForce>;

/** Declared settings that are not in force now. */
export function appliedChecks(facts: OffloadFacts, state: State): readonly Check[] {
  const { device, features = [] } = facts;
  const wrong = [...state].filter(([feature, { enabled }]) =>
    features.some((own) => own.name === feature && own.requested !== enabled && !own.fixed),
  );
  const [first] = wrong;
  if (first === undefined) {
    return [];
  }
  const settings = wrong.map(([feature, { enabled }]) => ({ feature, enabled }));
  const [feature, { enabled, by }] = first;
  const switches = switchesOf(settings, device);
  const names = switches.map(({ name }) => name.toUpperCase()).join(', ');
  return [
    {
      id: 'offload-applied',
      result: 'warning',
      reason: 'switched-since',
      feature,
      headline: `${names} is declared ${onOff(enabled)}, and is ${onOff(!enabled)} now: ${changeWords({ feature, enabled }, facts)}.`,
      evidence: [{ file: by.file, line: by.line, text: by.text }],
      fix: { now: [switchCommand(device.name, switches)] },
      read: 'docs/runbooks/NICOffloadChanged.md',
    },
  ];
}

/** What made a feature otherwise than it is declared, as far as the agent saw it. */
function changeWords(
  { feature, enabled }: Setting,
  { history, nowSeconds }: Pick<OffloadFacts, 'history' | 'nowSeconds'>,
): string {
  const state = history?.features.get(feature);
  const since = localTime(state?.sinceSeconds ?? 0, nowSeconds);
  switch (state?.enabled === enabled ? undefined : state?.cause) {
    case 'switched':
      return `somebody switched it ${onOff(!enabled)} at ${since}; the configuration is right`;
    case 'boot':
      return `the boot before ${since} did not apply the line`;
    case 'device_new':
      return `the device was made anew before ${since}, by a driver reload or a replug, and the line was not applied again`;
    case 'first_seen':
    case undefined:
      return 'somebody switched it since, or the line has not been applied yet';
  }
}

/** Says of what matters that it stays, and how often it did. */
export function keptCheck(facts: OffloadFacts, state: State, missing: readonly Setting[]): Check {
  const off = [...state].filter(([, { enabled }]) => !enabled);
  const settings = off.map(([feature, { enabled }]) => ({ feature, enabled }));
  const [by] = off.map(([, row]) => row.by).toSorted((one, other) => one.line - other.line);
  if (by === undefined || missing.length > 0) {
    return ok('offload-declared', 'nothing is declared that does nothing');
  }
  const names = areWords(settings, facts.device);
  const kept = keptWords(settings, facts);
  const proof = kept === undefined ? '' : `, as through ${kept}`;
  return {
    ...ok(
      'offload-declared',
      `${names} off and stay${names.endsWith('are') ? '' : 's'} off (${by.file}:${by.line})${proof}`,
    ),
    reason: 'kept',
  };
}
