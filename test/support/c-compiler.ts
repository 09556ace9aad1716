import { execa, execaSync } from 'execa';

import { commandPath } from './requirements.ts';

/** Why tests that compile C cannot run here; undefined when they can. */
export function compilerProblem(): string | undefined {
  const compiler = findCompiler();
  if (compiler === undefined) {
    return 'needs a C compiler';
  }
  const probe = [
    '-E',
    '-include',
    'linux/ethtool.h',
    '-include',
    'stdio.h',
    '-x',
    'c',
    '/dev/null',
  ];
  return execaSync(compiler, probe, { reject: false }).failed
    ? 'needs the headers of the kernel and the C library'
    : undefined;
}

/** Compiles C into a program, or into what the options ask for. @throws {Error} with the compiler's complaints. */
export async function compile(
  source: string,
  output: string,
  options: readonly string[] = [],
): Promise<void> {
  await execa(
    findCompiler() ?? 'cc',
    ['-Wall', '-Werror', ...options, '-x', 'c', '-o', output, '-'],
    { input: source },
  );
}

function findCompiler(): string | undefined {
  return commandPath('cc') ?? commandPath('gcc');
}
