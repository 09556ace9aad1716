import { execa } from 'execa';

/** Result of promtool for a text in the Prometheus format. */
export interface Lint {
  /** 0: nothing, 1: cannot be parsed, 3: complaints. */
  readonly exitCode: number | undefined;
  readonly complaints: readonly string[];
}

/** Runs `promtool check metrics`. */
export async function checkMetrics(text: string): Promise<Lint> {
  const { exitCode, stdout, stderr } = await execa('promtool', ['check', 'metrics'], {
    input: text,
    reject: false,
  });
  return { exitCode, complaints: `${stdout}\n${stderr}`.split('\n').filter((line) => line !== '') };
}

export interface RuleTestResult {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RuleTestOptions {
  /** Of the file of tests, which names those of rules from there. */
  readonly directory: string;
  /** The program; by default the installed one. */
  readonly command?: string;
}

/** Runs `promtool test rules` on a file of tests. */
export async function testRules(file: string, options: RuleTestOptions): Promise<RuleTestResult> {
  const { directory, command = 'promtool' } = options;
  const { exitCode, stdout, stderr } = await execa(command, ['test', 'rules', file], {
    cwd: directory,
    // Else it spends a third of its time on collecting garbage.
    env: { GOGC: '400' },
    reject: false,
  });
  return { exitCode, stdout, stderr };
}
