import { parse } from 'shell-quote';

/** One simple command of a shell line. */
export interface ShellStep {
  /** Undefined for a word that only a shell can expand. */
  readonly words: readonly (string | undefined)[];
  /** The outcome of the previous command with which it runs. */
  readonly after: 'anything' | 'success' | 'failure';
}

interface OpenStep extends ShellStep {
  readonly words: (string | undefined)[];
}

const compound = new Set(
  '{ } ! [[ (( for while until if then else elif fi case esac do done function select eval source .'.split(
    ' ',
  ),
);
const connectors: Readonly<Record<string, ShellStep['after']>> = {
  ';': 'anything',
  '&': 'anything',
  '|': 'anything',
  '&&': 'success',
  '||': 'failure',
};
const redirections = /^(?:<|>|>>|<<<|>&|<&|&>|>\||&>>|<>)$/;

/**
 * Parses a line of shell into its simple commands, with the variables of an environment expanded.
 *
 * One real line: `ethtool -K $IFACE tso off gso off || true # hangs`
 *
 * @returns undefined for loops, conditions, functions and substitutions, which only a shell can evaluate.
 */
export function parseShellCommand(
  text: string,
  env: Readonly<Record<string, string>>,
): readonly ShellStep[] | undefined {
  if (/[`]|\$\(/.test(text)) {
    return undefined;
  }
  const steps: OpenStep[] = [];
  let step: OpenStep = { words: [], after: 'anything' };
  let isTarget = false;
  const lines = text
    .split('\n')
    .flatMap((line) => [
      ...parse(line, (name) => env[name] ?? { variable: name }),
      { op: ';' as const },
    ]);
  for (const token of lines) {
    if (typeof token === 'string') {
      if (!isTarget) {
        step.words.push(token);
      }
      isTarget = false;
    } else if ('variable' in token || ('op' in token && token.op === 'glob')) {
      step.words.push(undefined);
      isTarget = false;
    } else if ('comment' in token) {
      isTarget = false;
    } else if (redirections.test(token.op)) {
      if (/^\d$/.test(step.words.at(-1) ?? '')) {
        step.words.pop();
      }
      isTarget = true;
    } else {
      const after = connectors[token.op];
      if (after === undefined) {
        return undefined;
      }
      if (step.words.length > 0) {
        steps.push(step);
      }
      step = { words: [], after };
      isTarget = false;
    }
  }
  return steps.some(({ words: [first] }) => first !== undefined && compound.has(first))
    ? undefined
    : steps;
}
