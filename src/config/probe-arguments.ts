import { isIP } from 'node:net';
import { hostname } from 'node:os';
import process from 'node:process';

import { Command } from 'commander';

import { kernelFeatures, offloadNames } from '../catalogue/offload-names.ts';
import { ConfigError } from '../model/errors.ts';
import type { ProbePeer } from '../model/probe-report.ts';
import { parseCommandLine } from './command-line.ts';
import type { ListenAddress } from './config.ts';
import {
  invalidValue,
  oneOf,
  parseDurationSeconds,
  parseListenAddress,
  parsePath,
} from './flag-values.ts';
import { flag, listFlag } from './flags.ts';

/** TCP and UDP port. */
export const defaultPort = 10_141;
const maxDurationSeconds = 3600;

/** The options of every node in probes. */
interface ProbeNodeOptions {
  readonly secretFile: string;
  readonly nodeName: string;
}

export interface ProbeServeOptions extends ProbeNodeOptions {
  readonly listenAddresses: readonly ListenAddress[];
}

export interface ProbeRunOptions extends ProbeNodeOptions {
  readonly peers: readonly ProbePeer[];
  readonly path: 'pod' | 'host' | undefined;
  /** Minimum duration of the measurement per peer. */
  readonly durationSeconds: number;
  readonly format: 'text' | 'json';
  readonly color: 'auto' | 'always' | 'never';
  /** An offload feature that the user turns off between two measurements. */
  readonly prove: string | undefined;
}

/** The action that the command line of `nicwatch probe` selects. */
export type ProbeInvocation =
  | { readonly action: 'serve'; readonly options: ProbeServeOptions }
  | { readonly action: 'run'; readonly options: ProbeRunOptions }
  | { readonly action: 'help'; readonly text: string };

const help = `Usage: nicwatch probe serve [flags]
       nicwatch probe run --to=HOST[:PORT] [flags]
       nicwatch probe mesh --peer=NAME [flags]

Measures the path between nodes with packets that faulty offloads corrupt. Changes nothing.

  serve  Answers the probes of other nodes.
  run    Measures the path to other nodes and reports whether it can be trusted.
  mesh   Probes all other nodes in turn, answers their probes, and exports the results.

Each has a --help of its own.
`;

/** Parses the arguments after `nicwatch probe`. @throws {ConfigError} naming the flag and the expected value. */
export function parseProbeArguments([name, ...argv]: readonly string[]): ProbeInvocation {
  switch (name) {
    case 'serve':
      return parseServe(argv);
    case 'run':
      return parseRun(argv);
    case '--help':
    case '-h':
      return { action: 'help', text: help };
    default:
      throw invalidValue('nicwatch probe serve, run or mesh', name ?? '');
  }
}

function parseServe(argv: readonly string[]): ProbeInvocation {
  const program = probeCommand('serve', 'Answers the probes of other nodes, over TCP and UDP.');
  const listenAddresses = listFlag(program, '--listen-address <address>', {
    description: 'Address on which to answer, over TCP and UDP; repeatable.',
    parse: parseListenAddress,
    fallback: `:${defaultPort}`,
  });
  const node = addNodeFlags(program);
  if (parseCommandLine(program, argv) === 'help') {
    return { action: 'help', text: program.helpInformation() };
  }
  return { action: 'serve', options: { ...node(), listenAddresses: listenAddresses() } };
}

function parseRun(argv: readonly string[]): ProbeInvocation {
  const program = probeCommand(
    'run',
    'Measures the path to other nodes and reports whether it can be trusted. Exit code: 0 yes, 1 no, 2 could not test.',
  );
  const peers = listFlag(program, '--to <host[:port]>', {
    description: `Node that runs nicwatch probe serve; repeatable (default port: ${defaultPort}).`,
    parse: parsePeer,
  });
  const node = addNodeFlags(program);
  const path = flag(program, '--path <path>', {
    description: 'Label of the measured path in the report: pod or host.',
    parse: oneOf<'pod' | 'host'>(['pod', 'host']),
  });
  const duration = flag(program, '--duration <duration>', {
    description: 'Minimum duration of the measurement of each node, up to 1h.',
    parse: parseDuration,
    fallback: '0',
  });
  const prove = flag(program, '--prove <feature>', {
    description: 'Measure a second time, after you have switched off this offload feature.',
    parse: parseFeature,
  });
  const format = flag(program, '--format <format>', {
    description: 'Output: text or json.',
    parse: oneOf<'text' | 'json'>(['text', 'json']),
    fallback: 'text',
  });
  const color = flag(program, '--color <when>', {
    description: 'Colors: always, never, or auto (on a terminal, unless NO_COLOR is set).',
    parse: oneOf<ProbeRunOptions['color']>(['auto', 'always', 'never']),
    fallback: 'auto',
  });
  if (parseCommandLine(program, argv) === 'help') {
    return { action: 'help', text: program.helpInformation() };
  }
  if (peers().length === 0) {
    throw new ConfigError('--to: expected at least one node, got none');
  }
  return {
    action: 'run',
    options: {
      ...node(),
      peers: peers(),
      path: path(),
      durationSeconds: duration(),
      prove: prove(),
      format: format(),
      color: color(),
    },
  };
}

/** A command of `nicwatch probe`, with the help and the errors of all. */
export function probeCommand(name: string, description: string): Command {
  return new Command(`nicwatch probe ${name}`)
    .description(description)
    .allowExcessArguments(true)
    .showSuggestionAfterError(false)
    .helpOption('-h, --help', 'Print this help and exit.')
    .exitOverride()
    .configureOutput({ writeOut: () => {}, writeErr: () => {} });
}

/** Adds the flags of every node that takes part in probes; the returned function gives what they say. @throws {ConfigError} */
export function addNodeFlags(program: Command): () => ProbeNodeOptions {
  const secretFile = flag(program, '--secret-file <path>', {
    description: 'File with the secret shared by all nodes, at least 16 bytes.',
    parse: parsePath,
  });
  const nodeName = flag(program, '--node-name <name>', {
    description:
      'Name of this node (default: the environment variable NODE_NAME, or the host name).',
    parse: parsePath,
  });
  return () => {
    const path = secretFile();
    if (path === undefined) {
      throw new ConfigError('--secret-file: expected a file with the shared secret, got none');
    }
    return {
      secretFile: path,
      nodeName: nodeName() ?? (process.env['NODE_NAME'] || hostname()),
    };
  };
}

/** Parses `10.0.0.7`, `worker-07:10141` and `[2001:db8::7]:10141`. @throws {ConfigError} */
export function parsePeer(text: string): ProbePeer {
  const [, bracketed, plain, digits = String(defaultPort)] =
    /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const host = bracketed ?? plain ?? (isIP(text) === 6 ? text : undefined);
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535) {
    const examples = `"10.0.0.7", "worker-07:${defaultPort}" or "[2001:db8::7]:${defaultPort}"`;
    throw invalidValue(`a node such as ${examples}`, text);
  }
  return { host, port };
}

function parseDuration(text: string): number {
  const seconds = parseDurationSeconds(text);
  if (seconds > maxDurationSeconds) {
    throw invalidValue('a duration up to 1h', text);
  }
  return seconds;
}

function parseFeature(text: string): string {
  const isKnown =
    kernelFeatures.includes(text) ||
    offloadNames.some(({ name, short }) => name === text || short === text);
  if (!isKnown) {
    const expected =
      'an offload feature as ethtool -k prints it, such as "tx-udp_tnl-csum-segmentation"';
    throw invalidValue(expected, text);
  }
  return text;
}
