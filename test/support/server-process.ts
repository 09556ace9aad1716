import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';

import { execa } from 'execa';

import { fetchFrom } from './fetch.ts';
import { inNamespace } from './netns.ts';

interface ServerProcessOptions {
  readonly command: string;
  /** Arguments, given the folder the files stand in. */
  readonly argv: (folder: string) => readonly string[];
  /** Texts by file name. */
  readonly files: Readonly<Record<string, string>>;
  /** Makes what else it needs in the folder. */
  readonly prepare?: (folder: string) => Promise<void>;
  /** Where it listens, such as `http://127.0.0.1:9090`. */
  readonly url: string;
  /** Name of the network namespace it runs in, where that is not this one. */
  readonly namespace: string | undefined;
}

const readyDeadlineMilliseconds = 30_000;

/** A server that runs, of those with `/-/ready`. */
export interface ServerProcess {
  /** Its log. */
  log(): string;
  /** Stops it and deletes its folder. */
  stop(): Promise<void>;
}

/** Starts a server in a temporary folder and waits until it is ready. @throws {Error} with its log on failure. */
export async function startServer({
  command,
  argv,
  files,
  prepare,
  url,
  namespace,
}: ServerProcessOptions): Promise<ServerProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'nicwatch-server-'));
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, name), text);
  }
  await prepare?.(folder);
  const subprocess = execa(...inNamespace(namespace, command, argv(folder)), {
    stdin: 'ignore',
    stdout: 'ignore',
    reject: false,
  });
  let log = '';
  subprocess.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const stop = async (): Promise<void> => {
    subprocess.kill('SIGTERM');
    await subprocess;
    await rm(folder, { recursive: true });
  };
  try {
    await waitUntilReady(namespace, `${url}/-/ready`);
  } catch (error) {
    await stop();
    throw new Error(`${command} does not answer; it said: ${log}`, { cause: error });
  }
  return { log: () => log, stop };
}

async function waitUntilReady(namespace: string | undefined, url: string): Promise<void> {
  const deadline = performance.now() + readyDeadlineMilliseconds;
  for (;;) {
    const { status, text } = await fetchFrom(namespace, url);
    if (status === 200) {
      return;
    }
    if (performance.now() > deadline) {
      throw new Error(`expected status 200 from ${url}, got ${status}: ${text}`);
    }
    await setTimeout(50);
  }
}
