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
