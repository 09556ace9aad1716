import { SourceError } from '../model/errors.ts';
import { startCommand } from './start-command.ts';

/** Beyond this a command is taken for stuck and killed. Longer than any driver needs, shorter than a poll. */
const defaultTimeoutMilliseconds = 10_000;
const largestOutputBytes = 4 * 1024 * 1024;

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

/** Makes the function that runs commands to their end, in limited time and with bounded output. */
export function createRunCommand(
  signal: AbortSignal,
  { timeoutMilliseconds = defaultTimeoutMilliseconds }: RunCommandOptions = {},
): RunCommand {
  return async (file, argv) => {
    const shown = [file, ...argv].join(' ');
    if (signal.aborted) {
      throw new SourceError('failed', `${shown}: nicwatch is ending`);
    }
    const command = startCommand(file, argv, { signal, keepBytes: largestOutputBytes });
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      command.kill();
    }, timeoutMilliseconds);
    const { exitCode, stdout, stderr, isTooLong, reason } = await command.ended;
    clearTimeout(timer);
    if (timedOut) {
      throw new SourceError(
        'timeout',
        `${shown}: no answer within ${timeoutMilliseconds / 1000} s`,
      );
    }
    if (isTooLong) {
      throw new SourceError('failed', `${shown}: more than ${largestOutputBytes} bytes of output`);
    }
    if (exitCode === undefined) {
      throw new SourceError('failed', `${shown}: ${reason}`);
    }
    return { exitCode, stdout, stderr };
  };
}
