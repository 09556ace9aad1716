import process from 'node:process';

import { execaSync } from 'execa';

import { uniqueSuffix } from './netns.ts';

/** Directories of system tools, often missing in the PATH of ordinary users. */
const systemPath = '/usr/sbin:/sbin';

/** Why tests that make network namespaces and need these commands cannot run here; undefined when they can. */
export function namespaceProblem(...commands: readonly string[]): string | undefined {
  if (process.getuid?.() !== 0) {
    return 'needs root';
  }
  // Curl fetches from within.
  return commandProblem('ip', 'curl', ...commands) ?? rightsProblem();
}

/** Why tests that need these commands cannot run here; undefined when they can. */
export function commandProblem(...commands: readonly string[]): string | undefined {
  const missing = commands.find((command) => commandPath(command) === undefined);
  return missing === undefined ? undefined : `needs the command ${missing}`;
}

/** Path of a command; undefined if it is not installed. */
export function commandPath(command: string): string | undefined {
  const { stdout, failed } = execaSync('sh', ['-c', 'command -v "$1"', 'sh', command], {
    env: { PATH: `${process.env['PATH'] ?? ''}:${systemPath}` },
    reject: false,
  });
  return failed ? undefined : stdout;
}

/** Suffix for the title of a skipped test. */
export function skipNote(problem: string | undefined): string {
  return problem === undefined ? '' : ` (skipped: ${problem})`;
}

/** Root of a container may not be allowed to make one, so one is made. */
function rightsProblem(): string | undefined {
  const name = `nwtest-${uniqueSuffix()}`;
  if (execaSync('ip', ['netns', 'add', name], { reject: false }).failed) {
    return 'needs the right to make network namespaces';
  }
  execaSync('ip', ['netns', 'delete', name]);
  return undefined;
}
