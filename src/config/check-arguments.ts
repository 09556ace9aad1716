import { Command, CommanderError } from 'commander';

import { oneOf } from './flag-values.ts';
import { ConfigError } from '../model/errors.ts';
import { parseArguments } from './arguments.ts';
import type { CollectorFlag } from './collector-flags.ts';
import type { Config } from './config.ts';
import { flag, toggle } from './flags.ts';

/** What `nicwatch check` is asked for. */
export interface CheckOptions {
  /** None is all. */
  readonly devices: readonly string[];
  readonly format: 'text' | 'json';
  readonly color: 'auto' | 'always' | 'never';
  readonly severity: 'warning' | 'critical';
  readonly allowUnknown: boolean;
  readonly verbose: boolean;
}

/** What the command line of `nicwatch check` asks for. */
export type CheckInvocation =
  | { readonly action: 'run'; readonly options: CheckOptions; readonly config: Config }
  | { readonly action: 'help'; readonly text: string };

/** Flags it shares with the agent. */
const sharedFlags = [
  ['--device.include <regex>', 'Check the devices whose whole name matches.'],
  ['--device.exclude <regex>', 'Never check devices whose whole name matches.'],
  ['--known-issues.file <path>', 'YAML file of known issues and policies.'],
  ['--ethtool.reader <reader>', 'How to ask drivers: ioctl, command or auto.'],
  ['--kernel-log.source <source>', 'Which kernel log to read: kmsg, journal, none or auto.'],
  ['--path.procfs <path>', 'Where procfs is mounted.'],
  ['--path.sysfs <path>', 'Where sysfs is mounted.'],
  ['--path.rootfs <path>', "Where the host's root is mounted."],
] as const;

/**
 * Parses the command line of `nicwatch check`.
 *
 * @param argv arguments behind `check`
 * @throws {ConfigError} naming the flag and what was expected of it.
 */
export function parseCheckArguments(
  argv: readonly string[],
  collectors: readonly CollectorFlag[],
): CheckInvocation {
  const program = new Command('nicwatch check')
    .description(
      "Says what is wrong with this node's NICs, what mends it now, and what makes it last. Changes nothing.",
    )
    .argument('[device...]', 'devices to check (default: all that are watched)')
    .showSuggestionAfterError(false)
    .exitOverride()
    .configureOutput({ writeOut: () => {}, writeErr: () => {} });
  const format = flag(program, '--format <format>', {
    description: 'Output: text or json.',
    parse: oneOf<CheckOptions['format']>(['text', 'json']),
    fallback: 'text',
  });
  const color = flag(program, '--color <when>', {
    description: 'Colours: always, never, or auto: on a terminal, without NO_COLOR.',
    parse: oneOf<CheckOptions['color']>(['auto', 'always', 'never']),
    fallback: 'auto',
  });
  const severity = flag(program, '--severity <severity>', {
    description: 'Least severe finding that makes the exit code 1: warning or critical.',
    parse: oneOf<CheckOptions['severity']>(['warning', 'critical']),
    fallback: 'warning',
  });
  const allowUnknown = toggle(program, '--allow-unknown', {
    description: 'Exit with 0 also where a check could not look.',
  });
  const verbose = toggle(program, '-v, --verbose', { description: 'Print every check.' });
  const passed: string[] = [];
  for (const [spelling, description] of sharedFlags) {
    const [name] = spelling.split(' ');
    flag(program, spelling, {
      description,
      parse: (text) => {
        passed.push(`${name}=${text}`);
      },
    });
  }
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) {
      return { action: 'help', text: program.helpInformation() };
    }
    throw error instanceof CommanderError
      ? new ConfigError(error.message.replace(/^error: /, ''), { cause: error })
      : error;
  }
  const invocation = parseArguments(
    [...passed, '--collector.offload.features=all', '--web.disable-exporter-metrics'],
    collectors,
  );
  if (invocation.action !== 'run') {
    throw new ConfigError('the flags ask for no check');
  }
  return {
    action: 'run',
    config: invocation.config,
    options: {
      devices: program.args,
      format: format(),
      color: color(),
      severity: severity(),
      allowUnknown: allowUnknown() === true,
      verbose: verbose() === true,
    },
  };
}
