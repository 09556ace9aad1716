import process from 'node:process';
import type { Readable } from 'node:stream';

import type { Options, Result } from 'execa';

import { SourceError } from '../model/errors.ts';
import { quote } from '../parsers/lines.ts';
import { spawnGuarded } from './spawn-guarded.ts';

/** Longer than any driver needs, shorter than a poll. */
const defaultTimeoutMilliseconds = 10_000;
/** For stdout and stderr each. */
const maxOutputLength = 4 * 1024 * 1024;
/** Longer than any record of the kernel log. */
const maxLineLength = 128 * 1024;
const maxStderrLength = 4096;
/** Directories of system tools, which the PATH of users and services often lacks. */
const systemPath = '/usr/sbin:/sbin';

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program with arguments, never through a shell, and returns its output. @throws {SourceError} */
export type RunCommand = (file: string, argv: readonly string[]) => Promise<CommandResult>;

/**
 * Runs a program and yields its lines, in batches as they arrive, until it exits or `signal` is aborted. A line of more
 * than 128 KiB is skipped. Leaving the iteration kills the program.
 */
export type StreamLines = (
  file: string,
  argv: readonly string[],
  signal: AbortSignal,
) => AsyncIterable<readonly string[]>;

/** Creates the function that runs commands with a timeout and bounded output. */
export function createRunCommand(
  signal: AbortSignal,
  {
    timeoutMilliseconds = defaultTimeoutMilliseconds,
  }: { readonly timeoutMilliseconds?: number } = {},
): RunCommand {
  return async (file, argv) => {
    const command = [file, ...argv].join(' ');
    if (signal.aborted) {
      throw new SourceError('failed', `${command}: nicwatch is shutting down`);
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
      // A missing program is missing for all arguments: one message.
      const what = result.code === 'ENOENT' ? file : command;
      throw new SourceError('failed', `${what}: ${problem}`, { cause: result });
    }
    return { exitCode: result.exitCode, stdout: stdout(), stderr: stderr() };
  };
}

/** @throws {SourceError} `failed` when the program cannot be run, or exits with a code other than 0. */
export async function* streamLines(
  file: string,
  argv: readonly string[],
  signal: AbortSignal,
): ReturnType<StreamLines> {
  if (signal.aborted) {
    return;
  }
  const { subprocess } = await start(file, argv, { cancelSignal: signal });
  const stderr = keepText(subprocess.stderr, maxStderrLength);
  try {
    yield* linesOf(subprocess.stdout);
    const result = await subprocess;
    if (result.failed && !signal.aborted) {
      const problem = problemOf(result) ?? `exit code ${result.exitCode}`;
      const detail = result.code === undefined ? `, ${quote(stderr().trim())}` : '';
      throw new SourceError('failed', `${file}: ${problem}${detail}`, { cause: result });
    }
  } finally {
    subprocess.kill();
  }
}

/** Keeps the first `maxLength` characters of a stream, and calls `onExcess` if there are more. */
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

/** Why a command has no exit code; undefined if it has one. */
function problemOf({
  isCanceled,
  code,
  originalMessage,
  exitCode,
}: Pick<Result, 'isCanceled' | 'code' | 'originalMessage' | 'exitCode'>): string | undefined {
  if (isCanceled) {
    return 'nicwatch is shutting down';
  }
  if (code !== undefined) {
    return code === 'ENOENT' ? 'not installed, or not on PATH (ENOENT)' : originalMessage;
  }
  return exitCode === undefined ? 'ended by a signal' : undefined;
}

/**
 * Starts a program in the C locale, without input, in its own process group. execa ends it with `kill()`, which here kills
 * the whole group, so that no grandchild is left.
 *
 * @returns the subprocess in an object, because it is a promise too.
 * @throws {SourceError} `failed` when a process cannot be started for lack of resources.
 */
async function start(
  file: string,
  argv: readonly string[],
  options: Pick<Options, 'cancelSignal' | 'timeout'>,
) {
  try {
    // Loaded with the first command to save memory: an agent may never run one.
    const { execa } = await import('execa');
    const subprocess = spawnGuarded(() =>
      execa(file, argv, {
        ...options,
        env: { LC_ALL: 'C', PATH: [process.env['PATH'], systemPath].filter(Boolean).join(':') },
        stdin: 'ignore',
        // execa escapes buffered output into error messages: with 4 MiB that takes seconds and 200 MiB.
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

/** @returns whether anything was killed. */
function killGroup(leader: number | undefined): boolean {
  try {
    return leader !== undefined && process.kill(-leader, 'SIGKILL');
  } catch {
    // The group has just exited by itself.
    return false;
  }
}
