import process from 'node:process';
import type { Readable } from 'node:stream';

import { execa } from 'execa';

/** Where system tools live; ordinary users and services often go without. */
const systemPath = '/usr/sbin:/sbin';

export interface StartOptions {
  readonly signal: AbortSignal;
  /** Whether the output is kept for the result, up to this many bytes, or read from the streams. */
  readonly keepBytes: number | undefined;
}

export interface StartedCommand {
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
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
 */
export function startCommand(
  file: string,
  argv: readonly string[],
  { signal, keepBytes }: StartOptions,
): StartedCommand {
  const subprocess = execa(file, argv, {
    env: { LC_ALL: 'C', PATH: [process.env['PATH'], systemPath].filter(Boolean).join(':') },
    stdin: 'ignore',
    detached: true,
    cleanup: false,
    reject: false,
    stripFinalNewline: false,
    buffer: keepBytes !== undefined,
    ...(keepBytes === undefined ? {} : { maxBuffer: keepBytes }),
  });
  let isRunning = true;
  const kill = (): void => {
    if (isRunning && subprocess.pid !== undefined) {
      try {
        process.kill(-subprocess.pid, 'SIGKILL');
      } catch {
        // The group ended by itself in this very moment.
      }
    }
  };
  const end = async (): Promise<CommandEnd> => {
    const { exitCode, stdout, stderr, isMaxBuffer, cause } = await subprocess;
    if (isMaxBuffer) {
      kill();
    }
    isRunning = false;
    signal.removeEventListener('abort', kill);
    return {
      exitCode,
      stdout: stdout ?? '',
      stderr: stderr ?? '',
      isTooLong: isMaxBuffer,
      reason: cause instanceof Error ? cause.message : 'ended by a signal',
    };
  };
  signal.addEventListener('abort', kill);
  if (signal.aborted) {
    kill();
  }
  return { stdout: subprocess.stdout, stderr: subprocess.stderr, ended: end(), kill };
}
