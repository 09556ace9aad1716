import { Command, CommanderError } from 'commander';

import { oneOf } from './flag-values.ts';
import { ConfigError } from '../model/errors.ts';
import { parseArguments } from './arguments.ts';
import type { CollectorFlag } from './collector-flags.ts';
import type { Config } from './config.ts';
import { flag, toggle } from './flags.ts';

/** The options of `nicwatch check`. */
export interface CheckOptions {
  /** Empty for all. */
  readonly devices: readonly string[];
  readonly format: 'text' | 'json';
  readonly color: 'auto' | 'always' | 'never';
  readonly severity: 'warning' | 'critical';
  readonly allowUnknown: boolean;
  readonly verbose: boolean;
}

/** The action that the command line of `nicwatch check` selects. */
export type CheckInvocation =
  | { readonly action: 'run'; readonly options: CheckOptions; readonly config: Config }
  | { readonly action: 'help'; readonly text: string };

/** Flags shared with the agent. */
const sharedFlags = [
  [
    '--device.include <regex>',
    'Check the devices whose full name matches, instead of the default selection.',
  ],
  ['--device.exclude <regex>', 'Exclude devices whose full name matches.'],
  [
    '--known-issues.file <path>',
    'YAML file of known issues and policies, in addition to the built-in issues.',
  ],
  ['--ethtool.reader <reader>', 'How to query drivers: ioctl, command or auto.'],
  ['--kernel-log.source <source>', 'Source of the kernel log: auto, kmsg, journal or none.'],
  ['--path.procfs <path>', 'Mount point of procfs.'],
  ['--path.sysfs <path>', 'Mount point of sysfs.'],
  ['--path.rootfs <path>', "Mount point of the host's root."],
] as const;

/**
 * Parses the command line of `nicwatch check`.
 *
 * @param argv arguments after `check`
 * @throws {ConfigError} naming the flag and the expected value.
 */
export function parseCheckArguments(
  argv: readonly string[],
  collectors: readonly CollectorFlag[],
): CheckInvocation {
  const program = new Command('nicwatch check')
    .description(
      "Reports problems of this node's NICs, the commands that fix them now, and the edits that make the fixes persistent. Changes nothing.",
    )
    .argument('[device...]', 'devices to check (default: all watched devices)')
    .showSuggestionAfterError(false)
    .exitOverride()
    .configureOutput({ writeOut: () => {}, writeErr: () => {} });
  const format = flag(program, '--format <format>', {
    description: 'Output: text or json.',
    parse: oneOf<CheckOptions['format']>(['text', 'json']),
    fallback: 'text',
  });
  const color = flag(program, '--color <when>', {
    description: 'Colors: always, never, or auto (on a terminal, unless NO_COLOR is set).',
    parse: oneOf<CheckOptions['color']>(['auto', 'always', 'never']),
    fallback: 'auto',
  });
  const severity = flag(program, '--severity <severity>', {
    description: 'Minimum severity of the findings that make the exit code 1: warning or critical.',
    parse: oneOf<CheckOptions['severity']>(['warning', 'critical']),
    fallback: 'warning',
  });
  const allowUnknown = toggle(program, '--allow-unknown', {
    description: 'Exit with 0 even if a check could not be completed.',
  });
  const verbose = toggle(program, '-v, --verbose', {
    description: 'Print all checks, not only findings.',
  });
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
    throw new ConfigError('expected flags of a check');
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
