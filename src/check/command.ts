import type { CheckOptions } from '../config/check-arguments.ts';
import type { CheckResponse } from '../model/check-report.ts';
import { renderText } from './render-text.ts';
import { runCheck } from './run-check.ts';
import type { RunCheckOptions } from './run-check.ts';
import { exitCodeOf } from './summary.ts';

/** What the output goes to. */
export interface Terminal {
  readonly isTerminal: boolean;
  readonly columns: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isRoot: boolean;
}

const maxWidth = 100;
const minWidth = 60;

/** Runs `nicwatch check`: what it prints, and its exit code. @throws {ConfigError} as {@link runCheck}. */
export async function checkCommand(
  run: Omit<RunCheckOptions, 'devices'>,
  { options, terminal }: { readonly options: CheckOptions; readonly terminal: Terminal },
): Promise<{ readonly output: string; readonly exitCode: number }> {
  const { report, linesOf } = await runCheck({ ...run, devices: options.devices });
  const exitCode = exitCodeOf(report.summary, options);
  if (options.format === 'json') {
    const response: CheckResponse = { status: 'success', data: report };
    return { output: `${JSON.stringify(response, undefined, 2)}\n`, exitCode };
  }
  const { env, isTerminal, columns = maxWidth, isRoot } = terminal;
  const locale = env['LC_ALL'] ?? env['LC_CTYPE'] ?? env['LANG'] ?? '';
  const style = {
    width: Math.max(minWidth, Math.min(columns, maxWidth)),
    color:
      options.color === 'always' ||
      (options.color === 'auto' && isTerminal && (env['NO_COLOR'] ?? '') === ''),
    unicode: /utf-?8/i.test(locale),
  };
  return {
    output: renderText(report, { style, linesOf, verbose: options.verbose, isRoot }),
    exitCode,
  };
}
