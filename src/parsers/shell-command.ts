import { parse } from 'shell-quote';

/** One simple command of a shell line. */
export interface ShellStep {
  /** Undefined stands for a word only the shell could tell. */
  readonly words: readonly (string | undefined)[];
  /** Whether it runs depends on how the one before it ended. */
  readonly after: 'anything' | 'success' | 'failure';
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
 * Parses a line of shell into its simple commands, with the variables of an environment in their places.
 *
 * One real line: `ethtool -K $IFACE tso off gso off || true # hangs`
 *
 * @returns undefined for loops, conditions, functions and substitutions: what these run, only a shell can tell.
 */
export function parseShellCommand(
  text: string,
  env: Readonly<Record<string, string>>,
): readonly ShellStep[] | undefined {
  if (/[`]|\$\(/.test(text)) {
    return undefined;
  }
  const steps: { words: (string | undefined)[]; after: ShellStep['after'] }[] = [];
  let step: { words: (string | undefined)[]; after: ShellStep['after'] } = {
    words: [],
    after: 'anything',
  };
  let isTarget = false;
  const lines = text
    .split('\n')
    .flatMap((line) => [...parse(line, lookUp(env)), { op: ';' as const }]);
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

function lookUp(
  env: Readonly<Record<string, string>>,
): (name: string) => string | { readonly variable: string } {
  return (name) => env[name] ?? { variable: name };
}
