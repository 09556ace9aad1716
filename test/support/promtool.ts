import { execa } from 'execa';

/** Result of promtool for a text in the Prometheus format. */
export interface Lint {
  /** 0: nothing, 1: cannot be parsed, 3: complaints. */
  readonly exitCode: number | undefined;
  readonly complaints: readonly string[];
}

/** A name in bits is what the people who read it expect of a link's speed. */
const deliberate = 'nic_link_speed_bits_per_second use base unit "bytes" instead of "bits"';

/** Runs `promtool check metrics`, without the warnings nicwatch accepts. */
export async function checkMetrics(text: string): Promise<Lint> {
  const { exitCode, stdout, stderr } = await execa('promtool', ['check', 'metrics'], {
    input: text,
    reject: false,
  });
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line !== '');
  const complaints = lines.filter((line) => line !== deliberate);
  return { exitCode: exitCode === 3 && complaints.length === 0 ? 0 : exitCode, complaints };
}
