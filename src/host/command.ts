import { spawn } from 'node:child_process';
import process from 'node:process';
import type { Readable } from 'node:stream';

import { SourceError } from '../model/errors.ts';
import { quote } from '../parsers/lines.ts';
import { spawnGuarded } from './spawn-guarded.ts';

/** Longer than any driver needs, shorter than a poll. */
const defaultTimeoutMilliseconds = 10_000;
/** For each of both outputs. */
const maxOutputLength = 4 * 1024 * 1024;
/** No record of a kernel log is longer. */
const maxLineLength = 128 * 1024;
const maxComplaintLength = 4096;
/** Where system tools live; the PATH of ordinary users and of services often lacks them. */
const systemPath = '/usr/sbin:/sbin';

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunCommandOptions {
  readonly timeoutMilliseconds?: number;
}

/** Runs a program with arguments, never through a shell, and gives what it printed. @throws {SourceError} */
export type RunCommand = (file: string, argv: readonly string[]) => Promise<CommandResult>;

/**
 * Runs a program and gives the lines it prints, in batches as they come, until it ends or `signal` is aborted. A line
 * of more than 128 KiB is skipped. Leaving the iteration ends the program.
 */
export type StreamLines = (
  file: string,
  argv: readonly string[],
  signal: AbortSignal,
) => AsyncIterable<readonly string[]>;

/** Makes the function that runs commands to their end, in limited time and with bounded output. */
export function createRunCommand(
  signal: AbortSignal,
  { timeoutMilliseconds = defaultTimeoutMilliseconds }: RunCommandOptions = {},
): RunCommand {
  return async (file, argv) => {
    const command = [file, ...argv].join(' ');
    if (signal.aborted) {
      throw new SourceError('failed', `${command}: nicwatch is ending`);
    }
    const subprocess = start(file, argv, { signal, timeoutMilliseconds });
    let isTooLong = false;
    const onExcess = (): void => {
      isTooLong = true;
      subprocess.kill();
    };
    const stdout = keepText(subprocess.stdout, maxOutputLength, onExcess);
    const stderr = keepText(subprocess.stderr, maxOutputLength, onExcess);
    const result = await subprocess.ended;
    if (isTooLong) {
      throw new SourceError('failed', `${command}: more than ${maxOutputLength} bytes of output`);
    }
    if (result.killedFor === 'timeout') {
      const seconds = timeoutMilliseconds / 1000;
      throw new SourceError('timeout', `${command}: no answer within ${seconds} s`);
    }
    const problem = problemOf(result);
    if (result.exitCode === undefined || problem !== undefined) {
      throw new SourceError('failed', `${command}: ${problem}`, { cause: result.error });
    }
    return { exitCode: result.exitCode, stdout: stdout(), stderr: stderr() };
  };
}

/** @throws {SourceError} `failed` when the program cannot be run, or ends with an exit code other than 0. */
export async function* streamLines(
  file: string,
  argv: readonly string[],
  signal: AbortSignal,
): ReturnType<StreamLines> {
  if (signal.aborted) {
    return;
  }
  const subprocess = start(file, argv, { signal });
  const complaint = keepText(subprocess.stderr, maxComplaintLength);
  try {
    yield* linesOf(subprocess.stdout);
    const { error, ...result } = await subprocess.ended;
    if (result.exitCode !== 0 && !signal.aborted) {
      const problem = problemOf({ error, ...result }) ?? `exit code ${result.exitCode}`;
      const said = error === undefined ? `, ${quote(complaint().trim())}` : '';
      throw new SourceError('failed', `${file}: ${problem}${said}`, { cause: error });
    }
  } finally {
    subprocess.kill();
  }
}

/** Keeps the first `maxLength` characters of a stream, and calls `onExcess` where there are more. */
function keepText(stream: Readable, maxLength: number, onExcess = (): void => {}): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.length > maxLength) {
      text = text.slice(0, maxLength);
      onExcess();
    }
  });
  return () => text;
}

async function* linesOf(stream: Readable): AsyncGenerator<readonly string[]> {
  let rest = '';
  let isSkipping = false;
  stream.setEncoding('utf8');
  for await (const chunk of stream) {
    const [first = '', ...others] = String(chunk).split('\n');
    rest += first;
    if (others.length > 0) {
      const complete = isSkipping ? [] : [rest];
      rest = others.pop() ?? '';
      isSkipping = false;
      yield [...complete, ...others].filter((line) => line !== '' && line.length <= maxLineLength);
    }
    if (rest.length > maxLineLength) {
      rest = '';
      isSkipping = true;
    }
  }
  if (rest !== '' && !isSkipping) {
    yield [rest];
  }
}

/** How a program ended. */
interface Ended {
  /** Undefined where it could not be started, or was ended by a signal. */
  readonly exitCode: number | undefined;
  /** Why it could not be started. */
  readonly error: NodeJS.ErrnoException | undefined;
  readonly killedFor: 'abort' | 'timeout' | undefined;
}

/** Why a command has no exit code to go by; undefined where it has one. */
function problemOf({ killedFor, error, exitCode }: Ended): string | undefined {
  if (killedFor === 'abort') {
    return 'nicwatch is ending';
  }
  if (error !== undefined) {
    return error.code === 'ENOENT' ? 'command not found (ENOENT)' : error.message;
  }
  return exitCode === undefined ? 'ended by a signal' : undefined;
}

interface Subprocess {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Fulfilled when the program has ended and nobody writes to its outputs any more; never rejected. */
  readonly ended: Promise<Ended>;
  /** Ends it with all it has started. */
  kill(): void;
}

interface StartOptions {
  readonly signal: AbortSignal;
  readonly timeoutMilliseconds?: number;
}

/**
 * Starts a program in the C locale, without input, in a process group of its own: so no grandchild is left when it is
 * killed.
 *
 * @throws {SourceError} `failed` when the machine lacks what it takes to start anything.
 */
function start(
  file: string,
  argv: readonly string[],
  { signal, timeoutMilliseconds }: StartOptions,
): Subprocess {
  try {
    const child = spawnGuarded(() =>
      spawn(file, argv, {
        env: {
          ...process.env,
          LC_ALL: 'C',
          PATH: [process.env['PATH'], systemPath].filter(Boolean).join(':'),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      }),
    );
    let isRunning = true;
    let error: Error | undefined;
    let killedFor: Ended['killedFor'];
    const kill = (reason?: Ended['killedFor']): void => {
      if (isRunning) {
        killedFor = reason;
        killGroup(child.pid);
      }
    };
    const abort = (): void => {
      kill('abort');
    };
    signal.addEventListener('abort', abort);
    const timer =
      timeoutMilliseconds === undefined
        ? undefined
        : setTimeout(() => {
            kill('timeout');
          }, timeoutMilliseconds);
    const ended = new Promise<Ended>((resolve) => {
      child.once('error', (failure) => {
        error = failure;
      });
      child.once('close', (exitCode) => {
        isRunning = false;
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        resolve({
          exitCode: error === undefined ? (exitCode ?? undefined) : undefined,
          error,
          killedFor,
        });
      });
    });
    return { stdout: child.stdout, stderr: child.stderr, ended, kill };
  } catch (error) {
    throw new SourceError('failed', `${file}: cannot be started: ${String(error)}`, {
      cause: error,
    });
  }
}

/** Kills a process group, if there is one left. */
function killGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) {
      process.kill(-leader, 'SIGKILL');
    }
  } catch {
    // The group ended by itself in this very moment.
  }
}
