import type {
  Declaration,
  DeviceIdentity,
  Origin,
  Outcome,
  Setting,
} from '../model/declaration.ts';
import { parseShellCommand } from '../parsers/shell-command.ts';
import { baseName } from './config-tree.ts';
import { featuresNamed } from './feature-names.ts';
import { doubt } from './outcome.ts';

/** The outcome of a command. */
export type RunStatus = 'ok' | 'failed' | 'unknown';

export interface CommandRun {
  readonly declarations: readonly Declaration[];
  readonly status: RunStatus;
}

export interface RunContext {
  readonly origin: Origin;
  readonly env: Readonly<Record<string, string>>;
  readonly devices: DeviceLookup;
}

/** Devices by their name after boot; undefined if there is none. */
export type DeviceLookup = (name: string) => DeviceIdentity | undefined;

const nothing: CommandRun = { declarations: [], status: 'ok' };
const switchOption = /^(?:-K|--offload|--features)$/;
/** Commands that run the rest of their line. */
const runners = new Set(['sudo', 'env', 'nice', 'exec', 'command', 'nohup', 'ionice', 'setsid']);
const shells = new Set(['sh', 'bash', 'dash', 'ash', 'busybox']);
const tests = new Set(['[', 'test', 'grep', 'which', 'type']);

/** Whether a text may set offload features; others are skipped. */
export function mentionsSwitch(text: string): boolean {
  return /\bethtool\b.*?\s(?:-K|--offload|--features)\b/s.test(text);
}

/** Predicts the effect of a line of shell on the offload features of devices. */
export function runShell(text: string, context: RunContext): CommandRun {
  const steps = parseShellCommand(text, context.env);
  if (steps === undefined) {
    return mentionsSwitch(text) ? unknown(context, 'only a shell can tell what it runs') : nothing;
  }
  const declarations: Declaration[] = [];
  let status: RunStatus = 'ok';
  for (const { words, after } of steps) {
    if ((after === 'success' && status === 'failed') || (after === 'failure' && status === 'ok')) {
      continue;
    }
    const isConditional: boolean = after !== 'anything' && status === 'unknown';
    if (words[0] === 'exit') {
      return { declarations, status: words[1] === undefined || words[1] === '0' ? 'ok' : 'failed' };
    }
    const run = runWords(words, context);
    declarations.push(
      ...(isConditional
        ? run.declarations.map((declaration) => doubt(declaration, 'it runs on a condition'))
        : run.declarations),
    );
    status = isConditional ? 'unknown' : run.status;
  }
  return { declarations, status };
}

/** Predicts the effect of one command, given as its words; undefined for an unknown word. */
export function runWords(words: readonly (string | undefined)[], context: RunContext): CommandRun {
  const [first, ...rest] = words;
  if (first === undefined) {
    return nothing;
  }
  const name = baseName(first);
  if (runners.has(name) || /^[A-Za-z_]\w*=/.test(first)) {
    return runWords(rest, context);
  }
  if (name === 'timeout') {
    return runWords(rest.slice(1), context);
  }
  if (shells.has(name)) {
    const script = rest[rest.findIndex((word) => /^-\w*c$/.test(word ?? '')) + 1];
    return script === undefined || !rest.some((word) => /^-\w*c$/.test(word ?? ''))
      ? nothing
      : runShell(script, context);
  }
  if (name === 'ethtool') {
    return runEthtool(rest, context);
  }
  return { declarations: [], status: name === 'false' ? 'failed' : testStatus(name, rest) };
}

/** Most commands succeed; of a test, only constants can be evaluated. */
function testStatus(name: string, words: readonly (string | undefined)[]): RunStatus {
  if (!tests.has(name)) {
    return 'ok';
  }
  const [one, operator, other] = words.filter((word) => word !== ']');
  if (one === '-x' && operator !== undefined && baseName(operator) === 'ethtool') {
    return 'ok';
  }
  if (one === undefined || other === undefined || !/^!?==?$/.test(operator ?? '')) {
    return 'unknown';
  }
  return (one === other) === (operator !== '!=') ? 'ok' : 'failed';
}

/** A command with one invalid word changes nothing. */
function runEthtool(
  [option, name, ...pairs]: readonly (string | undefined)[],
  { origin, env, devices }: RunContext,
): CommandRun {
  if (option === undefined || !switchOption.test(option)) {
    return nothing;
  }
  if (name === undefined || pairs.includes(undefined)) {
    return unknown({ origin, env, devices }, 'a part of it is not written there');
  }
  if (pairs.length === 0) {
    return { declarations: [], status: 'failed' };
  }
  const device = devices(name);
  const { settings, badWord } = parseSettings(
    pairs.map((word) => word ?? ''),
    device,
  );
  const outcome: Outcome =
    badWord !== undefined
      ? { kind: 'ignored', reason: 'unknown-feature', detail: badWord }
      : device === undefined
        ? { kind: 'ignored', reason: 'no-such-device', detail: name }
        : { kind: 'applies' };
  return {
    declarations: [{ ...origin, device: name, settings, outcome }],
    status: outcome.kind === 'applies' ? 'ok' : 'failed',
  };
}

/** Parses pairs of a feature and `on` or `off`, up to the first other word. */
export function parseSettings(
  words: readonly string[],
  device: DeviceIdentity | undefined,
): { readonly settings: readonly Setting[]; readonly badWord: string | undefined } {
  const settings: Setting[] = [];
  let badWord: string | undefined;
  for (let index = 0; index < words.length; index += 2) {
    const name = words[index] ?? '';
    const value = words[index + 1] ?? '';
    const features = featuresNamed(name, device);
    if (features === undefined || (value !== 'on' && value !== 'off')) {
      badWord ??= features === undefined ? name : value;
      continue;
    }
    settings.push(...features.map((feature) => ({ feature, enabled: value === 'on' })));
  }
  return { settings, badWord };
}

function unknown({ origin }: RunContext, detail: string): CommandRun {
  return {
    declarations: [
      { ...origin, device: undefined, settings: [], outcome: { kind: 'unknown', detail } },
    ],
    status: 'unknown',
  };
}
