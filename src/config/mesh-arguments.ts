import { ConfigError } from '../model/errors.ts';
import type { ProbePeer } from '../model/probe-report.ts';
import { quote } from '../parsers/lines.ts';
import { parseCommandLine } from './command-line.ts';
import type { ListenAddress } from './config.ts';
import { oneOf, parseListenAddress, parsePath } from './flag-values.ts';
import { flag, listFlag } from './flags.ts';
import { addNodeFlags, defaultPort, parsePeer, probeCommand } from './probe-arguments.ts';
import type { ProbeServeOptions } from './probe-arguments.ts';

export interface MeshOptions extends ProbeServeOptions {
  /** Nodes, or names with the addresses of many. */
  readonly peers: readonly ProbePeer[];
  readonly path: 'pod' | 'host';
  /** What this node sends at most, and receives. */
  readonly kilobitsPerSecond: number;
  readonly webListenAddresses: readonly ListenAddress[];
  readonly webConfigFile: string | undefined;
}

/** What the command line of `nicwatch probe mesh` asks for. */
export type MeshInvocation =
  | { readonly action: 'mesh'; readonly options: MeshOptions }
  | { readonly action: 'help'; readonly text: string };

const minKilobits = 10;
const maxKilobits = 1_000_000;

/** Parses what follows `nicwatch probe mesh`. @throws {ConfigError} naming the flag and what was expected of it. */
export function parseMeshArguments(argv: readonly string[]): MeshInvocation {
  const program = probeCommand(
    'mesh',
    'Probes all other nodes in turn, answers their probes, and exports what they gave.',
  );
  const peers = listFlag(program, '--peer <host[:port]>', {
    description: `Node of the mesh, or a name that has the addresses of all, as a headless Service does; repeatable (default port: ${defaultPort}).`,
    parse: parsePeer,
  });
  const path = flag(program, '--path <path>', {
    description: 'The network this mesh probes, as a label: pod or host.',
    parse: oneOf<'pod' | 'host'>(['pod', 'host']),
    fallback: 'host',
  });
  const rate = flag(program, '--rate <kbit/s>', {
    description:
      'Kilobits per second that this node sends at most, and receives; the same on all nodes.',
    parse: parseRate,
    fallback: '300',
  });
  const listenAddresses = listFlag(program, '--listen-address <address>', {
    description: 'Address on which to answer probes, over TCP and UDP; repeatable.',
    parse: parseListenAddress,
    fallback: `:${defaultPort}`,
  });
  const webListenAddresses = listFlag(program, '--web.listen-address <address>', {
    description: 'Address on which to expose metrics; repeatable.',
    parse: parseListenAddress,
    fallback: ':10142',
  });
  const webConfigFile = flag(program, '--web.config.file <path>', {
    description: 'Web configuration file with TLS, users and rate limit of the metrics.',
    parse: parsePath,
  });
  const node = addNodeFlags(program);
  if (parseCommandLine(program, argv) === 'help') {
    return { action: 'help', text: program.helpInformation() };
  }
  if (peers().length === 0) {
    throw new ConfigError('--peer: expected at least one node or name, got none');
  }
  return {
    action: 'mesh',
    options: {
      ...node(),
      peers: peers(),
      path: path(),
      kilobitsPerSecond: rate(),
      listenAddresses: listenAddresses(),
      webListenAddresses: webListenAddresses(),
      webConfigFile: webConfigFile(),
    },
  };
}

function parseRate(text: string): number {
  const rate = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (rate < minKilobits || rate > maxKilobits) {
    throw new ConfigError(
      `expected kilobits per second from ${minKilobits} to ${maxKilobits}, got ${quote(text)}`,
    );
  }
  return rate;
}
