import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import process from 'node:process';
import type { Readable } from 'node:stream';

import { SourceError } from '../model/errors.ts';

/** Where system tools live; ordinary users and services often go without. */
const systemPath = '/usr/sbin:/sbin';

export interface StartOptions {
  readonly signal: AbortSignal;
  /** Whether the output is kept for the result, up to this many bytes, or read from the streams. */
  readonly keepBytes: number | undefined;
}

export interface StartedCommand {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** How it ended; never rejects. */
  readonly ended: Promise<CommandEnd>;
  /** Ends the command and all it has started, at once. */
  readonly kill: () => void;
}

interface CommandEnd {
  /** Undefined when it could not be started or was killed. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly isTooLong: boolean;
  /** Why there is no exit code. */
  readonly reason: string;
}

/**
 * Starts a program with arguments, never through a shell: in the C locale, without input, in a process group of its own
 * which is killed as a whole when `signal` is aborted, so that no grandchild is left.
 *
 * @throws {SourceError} `failed` when the machine has no means to start anything.
 */
export function startCommand(
  file: string,
  argv: readonly string[],
  { signal, keepBytes }: StartOptions,
): StartedCommand {
  const child = spawnOrRefuse(file, argv);
  let isRunning = true;
  const kill = (): void => {
    if (isRunning && child.pid !== undefined) {
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // The group ended by itself in this very moment.
      }
    }
  };
  const stdout = keep(child.stdout, { bytes: keepBytes, tooLong: kill });
  const stderr = keep(child.stderr, { bytes: keepBytes, tooLong: kill });
  const ended = exitOf(child).then(({ exitCode, reason }) => {
    isRunning = false;
    signal.removeEventListener('abort', kill);
    return {
      exitCode,
      reason,
      stdout: stdout.text(),
      stderr: stderr.text(),
      isTooLong: stdout.isTooLong() || stderr.isTooLong(),
    };
  });
  signal.addEventListener('abort', kill);
  if (signal.aborted) {
    kill();
  }
  return { stdout: child.stdout, stderr: child.stderr, ended, kill };
}

/** Most failures to start come as an event later, but not all: running out of memory is thrown. */
function spawnOrRefuse(file: string, argv: readonly string[]) {
  try {
    return spawn(file, argv, {
      env: {
        ...process.env,
        LC_ALL: 'C',
        PATH: [process.env['PATH'], systemPath].filter(Boolean).join(':'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
  } catch (error) {
    throw new SourceError('failed', `${file}: cannot be started: ${String(error)}`, {
      cause: error,
    });
  }
}

interface Kept {
  readonly text: () => string;
  readonly isTooLong: () => boolean;
}

/** Keeps what a stream gives, up to so many bytes; without a number it is left to others to read. */
function keep(
  stream: Readable,
  { bytes, tooLong }: { readonly bytes: number | undefined; readonly tooLong: () => void },
): Kept {
  const chunks: Buffer[] = [];
  let length = 0;
  let isTooLong = false;
  if (bytes !== undefined) {
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length;
      isTooLong ||= length > bytes;
      if (isTooLong) {
        tooLong();
      } else {
        chunks.push(chunk);
      }
    });
  }
  return { text: () => Buffer.concat(chunks).toString(), isTooLong: () => isTooLong };
}

/** How a process ended, when its streams have ended too. */
async function exitOf(child: ChildProcess): Promise<Pick<CommandEnd, 'exitCode' | 'reason'>> {
  return new Promise((resolve) => {
    child.once('error', ({ message }) => {
      resolve({ exitCode: undefined, reason: message });
    });
    child.once('close', (exitCode) => {
      resolve({ exitCode: exitCode ?? undefined, reason: 'ended by a signal' });
    });
  });
}
