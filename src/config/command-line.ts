import { CommanderError } from 'commander';
import type { Command } from 'commander';

import { ConfigError } from '../model/errors.ts';
import { quote } from '../parsers/lines.ts';

/** Parses the command line into the flags of `program`. @throws {ConfigError} naming the invalid flag or argument. */
export function parseCommandLine(program: Command, argv: readonly string[]): 'parsed' | 'help' {
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) {
      throw error;
    }
    if (error.exitCode === 0) {
      return 'help';
    }
    throw usageError(usageProblem(program, error), error);
  }
  const [excess] = program.args;
  if (excess !== undefined) {
    throw usageError(`unexpected argument ${quote(excess)}`);
  }
  return 'parsed';
}

function usageError(problem: string, cause?: CommanderError): ConfigError {
  return new ConfigError(`error: ${problem}, try --help`, { cause });
}

/** Describes a usage error with the wording of Prometheus. */
function usageProblem(program: Command, { code, message }: CommanderError): string {
  const [, quoted = ''] = /'([^]*)'/.exec(message) ?? [];
  const [name = ''] = quoted.split(/[ =]/, 1);
  if (code === 'commander.optionMissingArgument') {
    return `expected an argument for flag ${name}`;
  }
  if (code !== 'commander.unknownOption') {
    return message.replace(/^error: /, '');
  }
  return program.options.some(({ long }) => long === name)
    ? `flag ${name} takes no argument, got ${quote(quoted)}`
    : `unknown flag ${/^[\w.-]+$/.test(name) ? name : quote(name)}`;
}
