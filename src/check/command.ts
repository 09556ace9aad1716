import type { CheckOptions } from '../config/check-arguments.ts';
import type { CheckResponse } from '../model/check-report.ts';
import { renderText } from './render-text.ts';
import { styleFor } from './text-style.ts';
import type { Terminal } from './text-style.ts';
import { runCheck } from './run-check.ts';
import type { RunCheckOptions } from './run-check.ts';
import { exitCodeOf } from './summary.ts';

/** Runs `nicwatch check` and returns its output and exit code. @throws {ConfigError} as {@link runCheck}. */
export async function checkCommand(
  run: Omit<RunCheckOptions, 'devices'>,
  {
    options,
    terminal,
  }: { readonly options: CheckOptions; readonly terminal: Terminal & { readonly isRoot: boolean } },
): Promise<{ readonly output: string; readonly exitCode: number }> {
  const { report, linesOf } = await runCheck({ ...run, devices: options.devices });
  const exitCode = exitCodeOf(report.summary, options);
  if (options.format === 'json') {
    const response: CheckResponse = { status: 'success', data: report };
    return { output: `${JSON.stringify(response, undefined, 2)}\n`, exitCode };
  }
  const style = styleFor(options.color, terminal);
  return {
    output: renderText(report, {
      style,
      linesOf,
      verbose: options.verbose,
      isRoot: terminal.isRoot,
    }),
    exitCode,
  };
}
