import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';

import { runtimeFlags } from '../scripts/runtime-flags.mjs';
import { scrape } from './scrape.ts';

/** How to run an exporter. */
export interface ExporterCommand {
  readonly name: string;
  readonly file: string;
  readonly argv: readonly string[];
  readonly port: number;
}

/** A running exporter. */
export interface Exporter {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  /** From the start of its process to the end of the first scrape with a device in it. */
  readonly startMilliseconds: number;
  stop(): Promise<void>;
}

const startDeadlineMilliseconds = 60_000;
const retryMilliseconds = 2;

/** Flags of the benchmarks that select the agent. */
export const agentFlags: Readonly<
  Record<keyof BuiltAgent, { readonly type: 'string'; readonly default: string }>
> = {
  /** The built script. */
  agent: { type: 'string', default: 'dist/nicwatch.cjs' },
  /** The Node.js binary the agent runs under. */
  node: { type: 'string', default: process.execPath },
  /** Value of `--ethtool.reader`. */
  reader: { type: 'string', default: 'auto' },
};

/** Values of `agentFlags`. */
export interface BuiltAgent {
  readonly agent: string;
  readonly node: string;
  readonly reader: string;
}

export interface NicwatchOptions {
  /** Regular expression of the devices to watch. */
  readonly devices: string;
  readonly stateDirectory: string;
}

/** The built nicwatch. */
export function nicwatchCommand(
  built: BuiltAgent,
  { devices, stateDirectory }: NicwatchOptions,
): ExporterCommand {
  const port = 10_140;
  const [file, ...argv] = launch(built);
  return {
    name: 'nicwatch',
    file,
    argv: [
      ...argv,
      `--web.listen-address=127.0.0.1:${port}`,
      `--device.include=${devices}`,
      `--ethtool.reader=${built.reader}`,
      '--kernel-log.source=kmsg',
      `--state.directory=${stateDirectory}`,
      '--log.level=error',
    ],
    port,
  };
}

/** The program that starts the built agent, by exec, and its arguments before those of the agent. */
function launch({ node, agent }: BuiltAgent): readonly [file: string, ...argv: readonly string[]] {
  return [node, ...runtimeFlags(agent), agent];
}

/** Debian's node_exporter with only its ethtool collector, on the same devices. */
export function nodeExporterCommand(devices: string): ExporterCommand {
  const port = 9100;
  return {
    name: 'node_exporter',
    file: 'prometheus-node-exporter',
    argv: [
      `--web.listen-address=127.0.0.1:${port}`,
      '--collector.disable-defaults',
      ...ethtoolCollector(devices),
    ],
    port,
  };
}

/** The same plus its default collectors, which is the common setup. */
export function wholeNodeExporterCommand(devices: string): ExporterCommand {
  const port = 9101;
  return {
    name: 'node_exporter, default collectors',
    file: 'prometheus-node-exporter',
    argv: [
      `--web.listen-address=127.0.0.1:${port}`,
      // Enabled by default only in Debian.
      '--no-collector.systemd',
      ...ethtoolCollector(devices),
    ],
    port,
  };
}

function ethtoolCollector(devices: string): readonly string[] {
  return [
    '--collector.ethtool',
    `--collector.ethtool.device-include=^(?:${devices})$`,
    // It warns of being run as root, which drivers require.
    '--log.level=error',
  ];
}

/** Starts an exporter and waits for its first response. It ends with this process at the latest. */
export async function startExporter({
  name,
  file,
  argv,
  port,
}: ExporterCommand): Promise<Exporter> {
  const startedAt = performance.now();
  // As a service manager starts it: certificates that NODE_EXTRA_CA_CERTS adds would cost Node.js time and memory.
  const env = { PATH: process.env['PATH'] };
  const child = spawn(file, argv, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', kill);
  const { pid } = child;
  if (pid === undefined) {
    await once(child, 'error').then(([error]) => Promise.reject(error));
    throw new Error(`${file} did not start`);
  }
  await firstAnswer(child, { name, port, until: startedAt + startDeadlineMilliseconds });
  return {
    name,
    pid,
    port,
    startMilliseconds: performance.now() - startedAt,
    stop: async () => {
      process.off('exit', kill);
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        await ended;
      }
    },
  };
}

/** Scrapes until the exposition contains a device. */
async function firstAnswer(
  child: ChildProcess,
  { name, port, until }: { readonly name: string; readonly port: number; readonly until: number },
): Promise<void> {
  for (;;) {
    try {
      if ((await scrape(port)).body().includes('{device="')) {
        return;
      }
    } catch (error) {
      if (child.exitCode !== null || child.signalCode !== null || performance.now() > until) {
        throw new Error(`${name} does not answer on port ${port}`, { cause: error });
      }
    }
    await setTimeout(retryMilliseconds);
  }
}
