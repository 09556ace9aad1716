import { Option } from 'commander';
import type { Command } from 'commander';

import { ConfigError } from '../model/errors.ts';

export interface FlagOptions<Value> {
  readonly description: string;
  readonly parse: (text: string) => Value;
}

/** Adds a flag with a value; the returned function returns it once the command line is parsed. */
export function flag<Value>(
  program: Command,
  spelling: string,
  options: FlagOptions<Value> & { readonly fallback: string },
): () => Value;
export function flag<Value>(
  program: Command,
  spelling: string,
  options: FlagOptions<Value>,
): () => Value | undefined;
export function flag<Value>(
  program: Command,
  spelling: string,
  { description, parse, fallback }: FlagOptions<Value> & { readonly fallback?: string },
): () => Value | undefined {
  let value = fallback === undefined ? undefined : parse(fallback);
  program.addOption(
    option(spelling, description, fallback).argParser((text) => {
      value = named(spelling, () => parse(text));
    }),
  );
  return () => value;
}

/** Adds a repeatable flag; the returned function returns all its values, or the fallback, or none. */
export function listFlag<Value>(
  program: Command,
  spelling: string,
  { description, parse, fallback }: FlagOptions<Value> & { readonly fallback?: string },
): () => readonly Value[] {
  const values: Value[] = [];
  program.addOption(
    option(spelling, description, fallback).argParser((text) => {
      values.push(named(spelling, () => parse(text)));
    }),
  );
  return () => (values.length === 0 && fallback !== undefined ? [parse(fallback)] : values);
}

/** Adds a boolean flag; the returned function returns undefined if the command line does not set it. */
export function toggle(
  program: Command,
  spelling: string,
  {
    description,
    negatable = false,
  }: { readonly description: string; readonly negatable?: boolean },
): () => boolean | undefined {
  const positive = new Option(spelling, description);
  program.addOption(positive);
  if (negatable) {
    program.addOption(new Option(spelling.replace('--', '--no-')).hideHelp());
  }
  return () =>
    program.getOptionValueSource(positive.attributeName()) === 'cli'
      ? program.getOptionValue(positive.attributeName()) === true
      : undefined;
}

function option(spelling: string, description: string, fallback: string | undefined): Option {
  return new Option(
    spelling,
    fallback === undefined ? description : `${description} (default: ${fallback})`,
  );
}

function named<Value>(spelling: string, parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    const [name] = spelling.split(' ');
    throw error instanceof ConfigError
      ? new ConfigError(`${name}: ${error.message}`, { cause: error })
      : error;
  }
}
