import { isIP } from 'node:net';

import { Command } from 'commander';

import { ConfigError } from '../model/errors.ts';
import { parseCommandLine } from './command-line.ts';
import { invalidValue, parsePorts } from './flag-values.ts';
import { flag } from './flags.ts';

/** A drill and its options. */
export type Drill =
  | { readonly name: 'list' }
  | { readonly name: 'checksum'; readonly address: string; readonly port: number };

const usage = 'nicwatch drill list, or nicwatch drill checksum --to=ADDRESS [--port=PORT]';
/** Multicast, broadcast and unspecified addresses: a drill is for one node. */
const manyNodes = /^(?:2[2-5]\d\.|ff|::$|0\.)/i;

/** Parses the arguments after `nicwatch drill`. @throws {ConfigError} naming the invalid argument. */
export function parseDrill([name, ...argv]: readonly string[]): Drill {
  if (name === 'list' && argv.length === 0) {
    return { name };
  }
  if (name !== 'checksum') {
    throw new ConfigError(`expected ${usage}, got ${JSON.stringify(name ?? '')}`);
  }
  const program = new Command('nicwatch drill checksum')
    .allowExcessArguments(true)
    .exitOverride()
    .showSuggestionAfterError(false)
    .helpOption(false)
    .configureOutput({ writeErr: () => {} });
  const to = flag(program, '--to <address>', { description: '', parse: parseNodeAddress });
  const port = flag(program, '--port <port>', {
    description: '',
    parse: parsePorts,
    fallback: '4789',
  });
  parseCommandLine(program, argv);
  const address = to();
  const [first = 0, ...others] = port();
  if (address === undefined || others.length > 0) {
    throw new ConfigError(`expected ${usage}`);
  }
  return { name, address, port: first };
}

function parseNodeAddress(text: string): string {
  if (isIP(text) === 0 || manyNodes.test(text)) {
    throw invalidValue('the IP address of a node', text);
  }
  return text;
}
