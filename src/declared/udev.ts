import type { Declaration, IgnoredReason, Origin } from '../model/declaration.ts';
import { parseUdevRules } from '../parsers/udev-rules.ts';
import type { UdevRule, UdevToken } from '../parsers/udev-rules.ts';
import { baseName, filesByName } from './config-tree.ts';
import { mentionsSwitch, runWords } from './ethtool-run.ts';
import { doubt, ignore } from './outcome.ts';
import type { HostContext } from './predict.ts';
import { eventsOf, matchesEvent } from './udev-match.ts';
import type { UdevEvent } from './udev-match.ts';

const directories = ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'].map(
  (prefix) => `${prefix}/udev/rules.d`,
);
/** What udev puts in that is not followed here. */
const substitution = /\$(?:env|attr|sysfs|result|id|driver|devpath|number)\b|%[EscbdpnS]\b/;
/** The file that sets the name of the device. */
const namingRules = '80-net-setup-link.rules';
/** A rule that calls ethtool, and its location. */
interface SwitchRule {
  readonly rule: UdevRule;
  readonly origin: Origin;
  /** Its file skips lines by conditions that are not evaluated here. */
  readonly hasJumps: boolean;
}

/** Says what `RUN` of udev's rules does to each device when it appears. @see udev(7) */
export function predictUdev(context: HostContext): readonly Declaration[] {
  const rules = filesByName(context.tree, { directories, suffix: '.rules' }).flatMap(
    ({ path, text }): readonly SwitchRule[] => {
      // Most files of a distribution do not mention ethtool.
      const own = /ethtool|RUN[^+"=-]*:?=[^=]/.test(text) ? parseUdevRules(text) : [];
      const hasJumps = own.some(({ tokens }) => tokens.some(({ key }) => key === 'GOTO'));
      return own
        .filter(({ tokens }) => tokens.some((token) => isSwitch(token) || isAnew(token)))
        .map((rule) => ({
          rule,
          origin: { source: 'udev', file: path, line: rule.line, text: rule.text },
          hasJumps,
        }));
    },
  );
  const declarations = context.devices.flatMap((device) =>
    distinct(eventsOf(device).flatMap((event) => runEvent(event, { rules, context }))),
  );
  const seen = new Set(declarations.map(({ file, line }) => `${file}:${line}`));
  return [
    ...declarations,
    ...rules
      .filter(({ rule }) => rule.tokens.some(isSwitch))
      .filter(({ origin: { file, line } }) => !seen.has(`${file}:${line}`))
      .map((row) => unmatched(row, context)),
  ];
}

function isSwitch({ key, attribute, operator, value }: UdevToken): boolean {
  return key === 'RUN' && attribute !== 'builtin' && operator !== '-=' && mentionsSwitch(value);
}

/** Forgets what was to be run before. */
function isAnew({ key, operator }: UdevToken): boolean {
  return key === 'RUN' && (operator === '=' || operator === ':=');
}

interface EventOptions {
  readonly rules: readonly SwitchRule[];
  readonly context: HostContext;
}

/** `RUN=` discards earlier programs, `RUN:=` also later ones. */
function runEvent(event: UdevEvent, { rules, context }: EventOptions): readonly Declaration[] {
  let declarations: readonly Declaration[] = [];
  let isFinal = false;
  for (const { rule, origin, hasJumps } of rules) {
    const verdict = !rule.isBroken && matchesEvent(rule, event);
    if (verdict === false) {
      continue;
    }
    const run = runRule(rule, { event, origin, context }).map((declaration) =>
      verdict === undefined || hasJumps
        ? doubt(declaration, 'only udev can tell whether the rule matches')
        : isFinal
          ? ignore(declaration, 'overruled')
          : declaration,
    );
    const isReset = !isFinal && verdict === true && rule.tokens.some(isAnew);
    declarations = [
      ...(isReset ? declarations.map((row) => ignore(row, 'overruled')) : declarations),
      ...run,
    ];
    isFinal ||= rule.tokens.some(({ key, operator }) => key === 'RUN' && operator === ':=');
  }
  return declarations;
}

interface RunOptions {
  readonly event: UdevEvent;
  readonly origin: Origin;
  readonly context: HostContext;
}

/** udev does not run a shell: it splits words at blanks, except in single quotes. */
function runRule(
  { tokens }: UdevRule,
  { event, origin, context }: RunOptions,
): readonly Declaration[] {
  const runs = tokens.filter(isSwitch);
  const isNamed = baseName(origin.file) > namingRules;
  const finalName = event.device.name;
  const seenName = isNamed ? finalName : event.kernelName;
  return runs.flatMap(({ value }): readonly Declaration[] => {
    const text = value
      .replaceAll(/\$name\b/g, seenName)
      .replaceAll(/\$env\{INTERFACE\}|%E\{INTERFACE\}|\$kernel\b|%k/g, event.kernelName)
      .replaceAll(/\$\$/g, '$')
      .replaceAll(/%%/g, '%');
    if (substitution.test(text)) {
      const detail = 'only udev knows what it puts in';
      return [{ ...origin, device: finalName, settings: [], outcome: { kind: 'unknown', detail } }];
    }
    const words = [...text.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
      ([, single, double, bare]) => single ?? double ?? bare ?? '',
    );
    // By then the device is renamed.
    const env = { INTERFACE: finalName };
    const run = runWords(words, { origin, env, devices: context.lookUp });
    const [program = ''] = words;
    return run.declarations.map((declaration): Declaration => {
      const reason = brokenReason({ declaration, value, program, event });
      const device = {
        ...declaration,
        device: reason === 'other-device-name' ? finalName : declaration.device,
      };
      return reason === undefined ? device : ignore({ ...device, device: finalName }, reason);
    });
  });
}

function brokenReason({
  declaration: { outcome, device },
  value,
  program,
  event,
}: {
  readonly declaration: Declaration;
  readonly value: string;
  readonly program: string;
  readonly event: UdevEvent;
}): IgnoredReason | undefined {
  if (!program.startsWith('/')) {
    return 'no-path';
  }
  if (outcome.kind === 'ignored' && /(?:^|\s)(?:&&|\|\||;|>)|;\s/.test(value)) {
    return 'no-shell';
  }
  const isEarlierName =
    event.action === 'add' && device === event.kernelName && device !== event.device.name;
  return isEarlierName ? 'other-device-name' : undefined;
}

/** A rule that matches no present device may match a later one. */
function unmatched({ rule, origin }: SwitchRule, { lookUp }: HostContext): Declaration {
  const named = rule.tokens.find(({ key }) => key === 'KERNEL')?.value;
  const device = named === undefined ? undefined : lookUp(named);
  const outcome = {
    kind: 'ignored' as const,
    reason: rule.isBroken
      ? ('unparsed-value' as const)
      : device === undefined
        ? ('no-match' as const)
        : ('other-device-name' as const),
  };
  return { ...origin, device: device?.name ?? named, settings: [], outcome };
}

/** A rule for both events of a device may fail on the first and succeed on the second. */
function distinct(declarations: readonly Declaration[]): readonly Declaration[] {
  return declarations.filter(
    ({ line, file, outcome }) =>
      outcome.kind === 'applies' ||
      !declarations.some(
        (other) => other.line === line && other.file === file && other.outcome.kind === 'applies',
      ),
  );
}
