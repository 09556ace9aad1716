import process from 'node:process';
import type { Readable } from 'node:stream';

import type { Options, Result } from 'execa';

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
    const { subprocess } = await start(file, argv, {
      cancelSignal: signal,
      timeout: timeoutMilliseconds,
    });
    let isTooLong = false;
    const onExcess = (): void => {
      isTooLong = true;
      subprocess.kill();
    };
    const stdout = keepText(subprocess.stdout, maxOutputLength, onExcess);
    const stderr = keepText(subprocess.stderr, maxOutputLength, onExcess);
    const result = await subprocess;
    if (isTooLong) {
      throw new SourceError('failed', `${command}: more than ${maxOutputLength} bytes of output`);
    }
    if (result.timedOut) {
      const seconds = timeoutMilliseconds / 1000;
      throw new SourceError('timeout', `${command}: no answer within ${seconds} s`, {
        cause: result,
      });
    }
    const problem = problemOf(result);
    if (result.exitCode === undefined || problem !== undefined) {
      // What is not there is so for all arguments.
      const what = result.code === 'ENOENT' ? file : command;
      throw new SourceError('failed', `${what}: ${problem}`, { cause: result });
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
  const { subprocess } = await start(file, argv, { cancelSignal: signal });
  const complaint = keepText(subprocess.stderr, maxComplaintLength);
  try {
    yield* linesOf(subprocess.stdout);
    const result = await subprocess;
    if (result.failed && !signal.aborted) {
      const problem = problemOf(result) ?? `exit code ${result.exitCode}`;
      const said = result.code === undefined ? `, ${quote(complaint().trim())}` : '';
      throw new SourceError('failed', `${file}: ${problem}${said}`, { cause: result });
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

/** Why a command has no exit code to go by; undefined where it has one. */
function problemOf({
  isCanceled,
  code,
  originalMessage,
  exitCode,
}: Pick<Result, 'isCanceled' | 'code' | 'originalMessage' | 'exitCode'>): string | undefined {
  if (isCanceled) {
    return 'nicwatch is ending';
  }
  if (code !== undefined) {
    return code === 'ENOENT' ? 'not installed, or not on PATH (ENOENT)' : originalMessage;
  }
  return exitCode === undefined ? 'ended by a signal' : undefined;
}

/**
 * Starts a program in the C locale, without input, in a process group of its own. execa ends it by calling `kill()`, which
 * here kills the whole group, so that no grandchild is left.
 *
 * @returns the subprocess in an object, because it is a promise too.
 * @throws {SourceError} `failed` when the machine lacks what it takes to start anything.
 */
async function start(
  file: string,
  argv: readonly string[],
  options: Pick<Options, 'cancelSignal' | 'timeout'>,
) {
  try {
    // Loaded with the first command: it takes memory, and an agent may never start one.
    const { execa } = await import('execa');
    const subprocess = spawnGuarded(() =>
      execa(file, argv, {
        ...options,
        env: { LC_ALL: 'C', PATH: [process.env['PATH'], systemPath].filter(Boolean).join(':') },
        stdin: 'ignore',
        // What execa buffers it repeats, escaped, in the message of an error: with 4 MiB that takes seconds and 200 MiB.
        buffer: false,
        reject: false,
        detached: true,
      }),
    );
    let isRunning = true;
    subprocess.kill = () => isRunning && killGroup(subprocess.pid);
    void subprocess.finally(() => {
      isRunning = false;
    });
    return { subprocess };
  } catch (error) {
    throw new SourceError('failed', `${file}: cannot be started: ${String(error)}`, {
      cause: error,
    });
  }
}

/** @returns whether there was still something to kill. */
function killGroup(leader: number | undefined): boolean {
  try {
    return leader !== undefined && process.kill(-leader, 'SIGKILL');
  } catch {
    // The group ended by itself in this very moment.
    return false;
  }
}
