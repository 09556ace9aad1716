import type { Readable } from 'node:stream';

import { SourceError } from '../model/errors.ts';
import { quote } from '../parsers/lines.ts';
import { startCommand } from './start-command.ts';

/** A longer line is passed over: no record of a kernel log is. */
const longestLine = 128 * 1024;
const longestComplaint = 4096;

/**
 * Runs a program and gives the lines it prints, in batches as they come, until it ends or `signal` is aborted.
 * Leaving the iteration ends the program.
 */
export type StreamLines = (
  file: string,
  argv: readonly string[],
  signal: AbortSignal,
) => AsyncIterable<readonly string[]>;

/** @throws {SourceError} when the program cannot be run, or ends with an exit code other than 0. */
export async function* streamLines(
  file: string,
  argv: readonly string[],
  signal: AbortSignal,
): ReturnType<StreamLines> {
  const command = startCommand(file, argv, { signal, keepBytes: undefined });
  let complaint = '';
  command.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    complaint = (complaint + chunk).slice(0, longestComplaint);
  });
  try {
    if (command.stdout !== null) {
      yield* linesOf(command.stdout);
    }
    const { exitCode, reason } = await command.ended;
    if (exitCode !== 0 && !signal.aborted) {
      const end = exitCode === undefined ? reason : `exit code ${exitCode}`;
      throw new SourceError('failed', `${file}: ${end}, ${quote(complaint.trim())}`);
    }
  } finally {
    command.kill();
  }
}

async function* linesOf(stream: Readable): AsyncGenerator<readonly string[]> {
  let rest = '';
  let isPassingOver = false;
  stream.setEncoding('utf8');
  for await (const chunk of stream) {
    const [first = '', ...others] = String(chunk).split('\n');
    rest += first;
    if (others.length > 0) {
      const complete = isPassingOver ? [] : [rest];
      rest = others.pop() ?? '';
      isPassingOver = false;
      yield [...complete, ...others].filter((line) => line !== '' && line.length <= longestLine);
    }
    if (rest.length > longestLine) {
      rest = '';
      isPassingOver = true;
    }
  }
  if (rest !== '' && !isPassingOver) {
    yield [rest];
  }
}
