import process from 'node:process';

import { execa } from 'execa';

import { SourceError } from '../model/errors.ts';

/** Beyond this a command is taken for stuck and killed. Longer than any driver needs, shorter than a poll. */
const defaultTimeoutMilliseconds = 10_000;
const largestOutputBytes = 4 * 1024 * 1024;
/** Where system tools live; ordinary users and services often go without. */
const systemPath = '/usr/sbin:/sbin';

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunCommandOptions {
  readonly timeoutMilliseconds?: number;
}

/** Runs a program with arguments, never through a shell, and gives what it printed. */
export type RunCommand = (file: string, argv: readonly string[]) => Promise<CommandResult>;

/**
 * Makes the function that runs commands of the host. A command gets the C locale, no input, a process group of its
 * own, a bounded output and limited time; when that is over or `signal` is aborted, the whole group is killed, so that
 * no grandchild is left.
 */
export function createRunCommand(
  signal: AbortSignal,
  { timeoutMilliseconds = defaultTimeoutMilliseconds }: RunCommandOptions = {},
): RunCommand {
  return async (file, argv) => {
    const command = [file, ...argv].join(' ');
    if (signal.aborted) {
      throw new SourceError('failed', `${command}: nicwatch is ending`);
    }
    const subprocess = execa(file, argv, {
      env: { LC_ALL: 'C', PATH: [process.env['PATH'], systemPath].filter(Boolean).join(':') },
      stdin: 'ignore',
      detached: true,
      cleanup: false,
      reject: false,
      stripFinalNewline: false,
      maxBuffer: largestOutputBytes,
    });
    const killGroup = (): void => {
      if (subprocess.pid !== undefined) {
        try {
          process.kill(-subprocess.pid, 'SIGKILL');
        } catch {
          // The group ended by itself in this very moment.
        }
      }
    };
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup();
    }, timeoutMilliseconds);
    signal.addEventListener('abort', killGroup);
    try {
      const { exitCode, stdout, stderr, isMaxBuffer, failed, cause } = await subprocess;
      if (timedOut) {
        throw new SourceError(
          'timeout',
          `${command}: no answer within ${timeoutMilliseconds / 1000} s`,
        );
      }
      if (isMaxBuffer) {
        killGroup();
        throw new SourceError(
          'failed',
          `${command}: more than ${largestOutputBytes} bytes of output`,
        );
      }
      if (exitCode === undefined) {
        const reason = failed && cause instanceof Error ? cause.message : 'ended by a signal';
        throw new SourceError('failed', `${command}: ${reason}`, { cause });
      }
      return { exitCode, stdout, stderr };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', killGroup);
    }
  };
}
