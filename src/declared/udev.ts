import type { Declaration, DeviceIdentity, IgnoredReason, Origin } from '../model/declaration.ts';
import { matchesGlob } from '../parsers/glob.ts';
import { parseUdevRules } from '../parsers/udev-rules.ts';
import type { UdevRule, UdevToken } from '../parsers/udev-rules.ts';
import { baseName, filesByName } from './config-tree.ts';
import { mentionsSwitch, runWords } from './ethtool-run.ts';
import { doubt, ignore } from './outcome.ts';
import type { Surroundings } from './predict.ts';

const directories = ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'].map(
  (prefix) => `${prefix}/udev/rules.d`,
);
/** It gives the device its name. */
const namingRules = '80-net-setup-link.rules';
/** A device that was renamed came under such a name, which nobody knows any more. */
const earlierName = 'eth0';

/** One event of a device: it is added under the name the kernel gave it, and moved when udev renames it. */
interface UdevEvent {
  readonly action: 'add' | 'move';
  readonly device: DeviceIdentity;
  readonly kernelName: string;
}

/** Says what `RUN` of udev's rules does to each device when it appears. @see udev(7) */
export function predictUdev(surroundings: Surroundings): readonly Declaration[] {
  const rules = filesByName(surroundings.tree, { directories, suffix: '.rules' }).flatMap(
    (file) => {
      // Most files of a distribution say nothing of ethtool.
      const own = file.text.includes('ethtool') ? parseUdevRules(file.text) : [];
      const hasJumps = own.some(({ tokens }) => tokens.some(({ key }) => key === 'GOTO'));
      return own
        .filter(({ tokens }) =>
          tokens.some(({ key, value }) => key === 'RUN' && mentionsSwitch(value)),
        )
        .map((rule) => ({ rule, path: file.path, hasJumps }));
    },
  );
  return rules.flatMap(({ rule, path, hasJumps }) => {
    const origin: Origin = { source: 'udev', file: path, line: rule.line, text: rule.text };
    const declarations = surroundings.devices.flatMap((device) =>
      eventsOf(device).flatMap((event) => {
        const verdict = matches(rule, event);
        return verdict === false
          ? []
          : runRule(rule, { event, origin, surroundings }).map((declaration) =>
              verdict === undefined || hasJumps
                ? doubt(declaration, 'only udev can tell whether the rule matches')
                : declaration,
            );
      }),
    );
    return declarations.length > 0
      ? distinct(declarations)
      : [unmatched(rule, origin, surroundings)];
  });
}

function eventsOf(device: DeviceIdentity): readonly UdevEvent[] {
  const kernelName = device.kernelName ?? earlierName;
  return kernelName === device.name
    ? [{ action: 'add', device, kernelName }]
    : [
        { action: 'add', device, kernelName },
        { action: 'move', device, kernelName: device.name },
      ];
}

const assignments = new Set([
  'RUN',
  'NAME',
  'LABEL',
  'GOTO',
  'OPTIONS',
  'TAG',
  'SYMLINK',
  'MODE',
  'OWNER',
  'GROUP',
]);

/** Undefined where nobody but udev can tell. */
function matches({ tokens }: UdevRule, event: UdevEvent): boolean | undefined {
  const verdicts = new Set(
    tokens
      .filter(
        ({ key, operator }) => operator === '==' || operator === '!=' || !assignments.has(key),
      )
      .map((token) => compareToken(token, event)),
  );
  return verdicts.has(false) ? false : verdicts.has(undefined) ? undefined : true;
}

function compareToken(token: UdevToken, event: UdevEvent): boolean | undefined {
  const { key, operator, value } = token;
  if (key === 'ENV' && operator !== '==' && operator !== '!=') {
    return true;
  }
  const texts = textsOf(token, event);
  if (texts === undefined) {
    return undefined;
  }
  const isMatched = value
    .split('|')
    .some((pattern) => texts.some((text) => text !== undefined && matchesGlob(pattern, text)));
  return isMatched === (operator === '==');
}

/** What a key is compared with; undefined for a key that only udev knows. */
function textsOf(
  { key, attribute }: UdevToken,
  { action, device, kernelName }: UdevEvent,
): readonly (string | undefined)[] | undefined {
  const { busAddress, driver, macAddress } = device;
  switch (key) {
    case 'ACTION':
      return [action];
    case 'SUBSYSTEM':
      return ['net'];
    case 'SUBSYSTEMS':
      return ['net', busAddress === undefined ? undefined : 'pci'];
    case 'KERNEL':
      return [kernelName];
    case 'KERNELS':
      return [kernelName, busAddress];
    case 'DRIVERS':
      return [driver];
    case 'NAME':
      return [device.name];
    case 'ATTR':
    case 'ATTRS':
      return attribute === 'address' ? [macAddress] : undefined;
    case 'ENV':
      return environmentTexts(attribute, { device, kernelName });
    default:
      return undefined;
  }
}

function environmentTexts(
  name: string | undefined,
  { device, kernelName }: { readonly device: DeviceIdentity; readonly kernelName: string },
): readonly (string | undefined)[] | undefined {
  switch (name) {
    case 'INTERFACE':
      return [kernelName];
    case 'ID_NET_DRIVER':
      return [device.driver];
    case 'DEVTYPE':
      return device.type === 'ether' ? [''] : [device.type];
    case 'ID_BUS':
      return [device.busAddress === undefined ? undefined : 'pci'];
    default:
      return undefined;
  }
}

interface RunOptions {
  readonly event: UdevEvent;
  readonly origin: Origin;
  readonly surroundings: Surroundings;
}

/** udev runs no shell: words are split at blanks, and single quotes hold some together. */
function runRule(
  { tokens }: UdevRule,
  { event, origin, surroundings }: RunOptions,
): readonly Declaration[] {
  const runs = tokens.filter(({ key, value }) => key === 'RUN' && mentionsSwitch(value));
  const isNamed = baseName(origin.file) > namingRules;
  const finalName = event.device.name;
  const seenName = isNamed ? finalName : event.kernelName;
  return runs.flatMap(({ value }) => {
    const text = value
      .replaceAll(/\$name\b/g, seenName)
      .replaceAll(/\$env\{INTERFACE\}|%E\{INTERFACE\}|\$kernel\b|%k/g, event.kernelName)
      .replaceAll(/\$\$/g, '$')
      .replaceAll(/%%/g, '%');
    const words = [...text.matchAll(/'([^']*)'|(\S+)/g)].map(
      ([, quoted, bare]) => quoted ?? bare ?? '',
    );
    const run = runWords(words, { origin, env: {}, devices: surroundings.lookUp });
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

/** A rule that matches no device now may be for one that is made later. */
function unmatched(rule: UdevRule, origin: Origin, surroundings: Surroundings): Declaration {
  const named = rule.tokens.find(({ key }) => key === 'KERNEL')?.value;
  const device = surroundings.devices.find(({ name }) => name === named);
  return {
    ...origin,
    device: device?.name ?? named,
    settings: [],
    outcome: {
      kind: 'ignored',
      reason: device === undefined ? 'no-match' : 'other-device-name',
    },
  };
}

/** A rule for both events of a device fails in the first where it succeeds in the second. */
function distinct(declarations: readonly Declaration[]): readonly Declaration[] {
  return declarations.filter(
    ({ device, outcome }) =>
      outcome.kind === 'applies' ||
      !declarations.some((other) => other.device === device && other.outcome.kind === 'applies'),
  );
}
