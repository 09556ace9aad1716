import type { Declaration, IgnoredReason, Origin, Outcome } from '../model/declaration.ts';
import type { StanzaOption } from '../parsers/interfaces.ts';
import { matchesGlob } from '../parsers/glob.ts';
import { mentionsSwitch, parseSettings, runShell } from './ethtool-run.ts';
import type { CommandRun, DeviceLookup } from './ethtool-run.ts';
import { ignore } from './outcome.ts';
import type { HostContext } from './predict.ts';

export type Flavour = 'ifupdown' | 'ifupdown2';

/** Keys of ifupdown2 in the order of its lookup, and their names in ethtool. */
export const ifupdown2Keys: ReadonlyMap<string, string> = new Map([
  ...['gro', 'lro', 'gso', 'tso', 'ufo', 'tx', 'rx'].map(
    (short) => [`${short}-offload`, short] as const,
  ),
  ['rx-vlan-filter', 'rx-vlan-filter'],
]);

export interface IfupdownScope extends Pick<HostContext, 'installed'> {
  readonly flavour: Flavour;
  /** Patterns of devices for which no hook is run. */
  readonly noScripts: readonly string[];
  /** The present devices, and those that stanzas create. */
  readonly targets: DeviceLookup;
}

/** Location of an option. */
export function originOf({ file, line, text }: StanzaOption, source: Flavour): Origin {
  return { source, file, line, text };
}

/** Debian's hook passes all `offload-*` of a stanza to one ethtool, with `-` for `_`: an unknown one makes all fail. */
export function debianHook(
  device: string,
  options: readonly StanzaOption[],
  scope: IfupdownScope,
): CommandRun {
  const target = scope.targets(device);
  const own = options.filter(({ key }) => /^offload[-_]/i.test(key));
  // The values of one key are put together; of keys that are one variable to the hook the last counts.
  const isRepeated = (option: StanzaOption): boolean =>
    own.some((other) => other !== option && other.key === option.key);
  const isOverruled = (option: StanzaOption): boolean =>
    own.findLast(({ key }) => plainKey(key) === plainKey(option.key))?.key !== option.key;
  const isSkipped = scope.noScripts.some((pattern) => matchesGlob(pattern, device));
  const rows = own.map((option) => {
    const name = option.key.slice('offload-'.length).toLowerCase().replaceAll('_', '-');
    const words = [name, ...option.value.split(/\s+/)];
    const { settings, badWord } = parseSettings(words, target);
    return { option, settings, bad: badWord ?? (isRepeated(option) ? option.value : undefined) };
  });
  const isBad = rows.some(({ bad, option }) => bad !== undefined && !isOverruled(option));
  const outcomeOf = ({ option, bad }: (typeof rows)[number]): Outcome => {
    if (!scope.installed.ethtool || !scope.installed.ethtoolHook) {
      return { kind: 'ignored', reason: 'hook-missing' };
    }
    if (isSkipped) {
      return { kind: 'ignored', reason: 'no-scripts' };
    }
    if (isOverruled(option)) {
      return { kind: 'ignored', reason: 'overruled' };
    }
    if (bad !== undefined) {
      const isName = /^(?:on|off)$/.test(option.value) && !isRepeated(option);
      const reason = isName ? 'breaks-the-start' : 'unparsed-value';
      return { kind: 'ignored', reason, detail: bad };
    }
    if (target === undefined) {
      return { kind: 'ignored', reason: 'no-such-device', detail: device };
    }
    return isBad ? { kind: 'ignored', reason: 'aborted' } : { kind: 'applies' };
  };
  const declarations = rows.map((row) => ({
    ...originOf(row.option, scope.flavour),
    device,
    settings: row.settings,
    outcome: outcomeOf(row),
  }));
  const hasFailed = scope.installed.ethtool && (isBad || (rows.length > 0 && target === undefined));
  return { declarations, status: hasFailed ? 'failed' : 'ok' };
}

function plainKey(key: string): string {
  return key.toLowerCase().replaceAll('_', '-');
}

/** ifupdown2 runs one ethtool per key in its own order, until one fails; the first value of a key per device counts. */
export function ifupdown2Options(
  device: string,
  options: readonly StanzaOption[],
  scope: IfupdownScope,
): CommandRun {
  const target = scope.targets(device);
  const seen = new Set<string>();
  let isAborted = false;
  const rows = [...ifupdown2Keys].flatMap(([key, short]) =>
    options
      .filter((option) => option.key.replaceAll('_', '-') === key)
      .map((option) => ({ option, key, short })),
  );
  const declarations = rows.map(({ option, key, short }) => {
    const { settings, badWord } = parseSettings([short, ...option.value.split(/\s+/)], target);
    const outcome: Outcome = !scope.installed.ethtool
      ? { kind: 'ignored', reason: 'hook-missing' }
      : seen.has(key)
        ? { kind: 'ignored', reason: 'overruled' }
        : isAborted
          ? { kind: 'ignored', reason: 'aborted' }
          : badWord !== undefined
            ? { kind: 'ignored', reason: 'unparsed-value', detail: option.value }
            : target === undefined
              ? { kind: 'ignored', reason: 'no-such-device', detail: device }
              : { kind: 'applies' };
    isAborted ||= badWord !== undefined && !seen.has(key);
    seen.add(key);
    return { ...originOf(option, scope.flavour), device, settings, outcome };
  });
  return { declarations, status: 'ok' };
}

/** Options that look like offload settings but have no effect. */
export function misspelled(
  device: string,
  options: readonly StanzaOption[],
  { flavour, targets }: IfupdownScope,
): readonly Declaration[] {
  return options.flatMap((option): readonly Declaration[] => {
    const reason = misspelling(option, flavour);
    if (reason === undefined) {
      return [];
    }
    const origin = originOf(option, flavour);
    if (reason === 'not-a-command') {
      const env = { IFACE: device };
      const { declarations } = runShell(option.text, { origin, env, devices: targets });
      return declarations.map((declaration) => ignore(declaration, reason));
    }
    const name = option.key.replaceAll(/^offload[-_]|[-_]offload$/gi, '').toLowerCase();
    const { settings } = parseSettings([name, option.value], targets(device));
    return [{ ...origin, device, settings, outcome: { kind: 'ignored', reason } }];
  });
}

function misspelling({ key, text }: StanzaOption, flavour: Flavour): IgnoredReason | undefined {
  if (/^(?:\/\S*\/)?ethtool$/.test(key) && mentionsSwitch(text)) {
    return 'not-a-command';
  }
  const isOfIfupdown2 = ifupdown2Keys.has(key.replaceAll('_', '-'));
  const isOfDebian = /^offload[-_]/i.test(key);
  if (flavour === 'ifupdown' ? isOfIfupdown2 : isOfDebian) {
    return 'other-systems-key';
  }
  const looksLikeOne = /[-_]offload$|[-_]segmentation$|^feature-/i.test(key);
  return looksLikeOne && !isOfIfupdown2 && !isOfDebian ? 'unknown-key' : undefined;
}
