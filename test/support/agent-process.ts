import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';

import { execa } from 'execa';

import { runtimeFlags } from '../../scripts/runtime-flags.mjs';
import { parseExposition } from './exposition.ts';
import type { Exposition } from './exposition.ts';
import { fetchFrom } from './fetch.ts';
import type { Answer } from './fetch.ts';
import { inNamespace } from './netns.ts';
import type { Namespace } from './netns.ts';

export interface AgentProcessOptions {
  readonly flags?: readonly string[];
  readonly namespace?: Namespace;
  /** Port to listen on; by default a free one. */
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** State directory; by default a temporary one. */
  readonly stateDirectory?: string;
  /** The file to run; by default the build. */
  readonly bundle?: string;
  /** Maximum number of open descriptors; by default that of this process. */
  readonly descriptorLimit?: number;
  /** A program that runs it, with its first arguments. */
  readonly launcher?: readonly string[];
  /** Readiness check, where the agent is not reachable by everyone. */
  readonly isAnswering?: () => Promise<boolean>;
}

/** Exit status of a process, and the time from the signal to the exit. */
export interface Ended {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly seconds: number;
}

/** The built agent, running. */
export interface AgentProcess {
  readonly url: string;
  fetch(path: string): Promise<Answer>;
  scrape(): Promise<Exposition & Pick<Answer, 'seconds'>>;
  /** A scrape whose values were all read after this call. */
  freshScrape(): Promise<Exposition>;
  /** Sends SIGTERM and waits for the exit; SIGKILL follows after five seconds. */
  stop(): Promise<Ended>;
  /** Sends SIGKILL and waits for the exit. */
  kill(): Promise<void>;
  /** Waits until it exits by itself. */
  ended(): Promise<Pick<Ended, 'exitCode' | 'signal'>>;
  signal(name: NodeJS.Signals): void;
  readonly pid: number | undefined;
  stderr(): string;
}

const builtFile = new URL('../../dist/nicwatch.cjs', import.meta.url).pathname;
const freshDeadlineMilliseconds = 30_000;
const answerDeadlineMilliseconds = 30_000;

/** Starts the built agent on a free port and waits until it is ready. */
export async function startAgent(options: AgentProcessOptions = {}): Promise<AgentProcess> {
  const agent = await spawnAgent(options);
  const { isAnswering } = options;
  try {
    if (isAnswering === undefined) {
      await agent.fetch('/-/healthy');
    } else {
      await waitFor(isAnswering);
    }
  } catch (error) {
    await agent.stop();
    throw new Error(`the agent does not answer; it said: ${agent.stderr()}`, { cause: error });
  }
  return agent;
}

async function waitFor(isAnswering: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + answerDeadlineMilliseconds;
  while (!(await isAnswering())) {
    if (performance.now() > deadline) {
      throw new Error(`no answer within ${answerDeadlineMilliseconds} ms`);
    }
    await setTimeout(50);
  }
}

/** Starts the built agent without waiting. */
export async function spawnAgent({
  flags = [],
  namespace,
  port,
  env = {},
  stateDirectory,
  bundle = builtAgent(),
  descriptorLimit,
  launcher = [],
}: AgentProcessOptions): Promise<AgentProcess> {
  const ownDirectory = mkdtempSync(join(tmpdir(), 'nicwatch-agent-'));
  // In a separate namespace every port is free.
  const address = `127.0.0.1:${port ?? (namespace === undefined ? await freePort() : 10_140)}`;
  const subprocess = execa(
    ...inNamespace(
      namespace?.name,
      ...withDescriptorLimit(descriptorLimit, launcher[0] ?? process.execPath, [
        ...launcher.slice(1),
        ...(launcher.length > 0 ? [process.execPath] : []),
        ...runtimeFlags(bundle),
        bundle,
        `--web.listen-address=${address}`,
        `--state.directory=${stateDirectory ?? ownDirectory}`,
        ...flags,
      ]),
    ),
    { env, stdin: 'ignore', stdout: 'ignore', reject: false },
  );
  let stderr = '';
  subprocess.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const url = `http://${address}`;
  const fetch = async (path: string): Promise<Answer> =>
    fetchFrom(namespace?.name, `${url}${path}`);
  const scrape: AgentProcess['scrape'] = async () => {
    const { text, seconds } = await fetch('/metrics');
    return { ...parseExposition(text), seconds };
  };
  return {
    url,
    fetch,
    scrape,
    freshScrape: async () => {
      const since = Date.now();
      for (;;) {
        const exposition = await scrape();
        if (oldestPollMilliseconds(exposition) >= since) {
          return exposition;
        }
        if (Date.now() > since + freshDeadlineMilliseconds) {
          throw new Error(`no fresh values within ${freshDeadlineMilliseconds} ms:\n${stderr}`);
        }
        await setTimeout(50);
      }
    },
    stop: async () => {
      const askedAt = performance.now();
      subprocess.kill('SIGTERM');
      const { exitCode, signal } = await subprocess;
      rmSync(ownDirectory, { recursive: true, force: true });
      return { exitCode, signal, seconds: (performance.now() - askedAt) / 1000 };
    },
    kill: async () => {
      subprocess.kill('SIGKILL');
      await subprocess;
      rmSync(ownDirectory, { recursive: true, force: true });
    },
    ended: async () => {
      const { exitCode, signal } = await subprocess;
      rmSync(ownDirectory, { recursive: true, force: true });
      return { exitCode, signal };
    },
    signal: (name) => {
      subprocess.kill(name);
    },
    pid: subprocess.pid,
    stderr: () => stderr,
  };
}

/** The command line that runs a program with so many descriptors. The shell becomes the program, so its pid is the program's. */
function withDescriptorLimit(
  limit: number | undefined,
  file: string,
  argv: readonly string[],
): readonly [file: string, argv: readonly string[]] {
  return limit === undefined
    ? [file, argv]
    : ['sh', ['-c', 'ulimit -n "$0" && exec "$@"', String(limit), file, ...argv]];
}

/** Runs the built agent with flags that make it end by itself. */
export async function runAgent(
  flags: readonly string[],
  bundle: string = builtAgent(),
): Promise<Pick<Ended, 'exitCode'> & { readonly stdout: string; readonly stderr: string }> {
  const { exitCode, stdout, stderr } = await execa(
    process.execPath,
    [...runtimeFlags(bundle), bundle, ...flags],
    {
      stdin: 'ignore',
      reject: false,
      stripFinalNewline: false,
      timeout: 30_000,
    },
  );
  return { exitCode, stdout, stderr };
}

/** A free TCP port, not of those the kernel gives to clients: it stays free until somebody listens on it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_500, 32_000);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** The file that is built. @throws {Error} where it was not. */
export function builtAgent(): string {
  if (!existsSync(builtFile)) {
    throw new Error(
      'dist/nicwatch.cjs is missing: run `node scripts/build.mjs` before these tests',
    );
  }
  return builtFile;
}

/** Start time of the oldest collector run. Failed collectors have no timestamp and are ignored. */
function oldestPollMilliseconds(exposition: Exposition): number {
  const begun = exposition.samples('nicwatch_collector_success').flatMap(({ labels, value }) => {
    const collector = { collector: labels.get('collector') ?? '' };
    const ended = exposition.value('nicwatch_collector_last_success_timestamp_seconds', collector);
    const duration = exposition.value('nicwatch_collector_duration_seconds', collector) ?? 0;
    return value === 0 || ended === undefined ? [] : [(ended - duration) * 1000];
  });
  return begun.length === 0 ? 0 : Math.min(...begun);
}
