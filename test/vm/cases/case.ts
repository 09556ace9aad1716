import type { Lab } from '../lab.ts';
import type { Report } from '../report.ts';

/** Something that is provoked in the guest, and what the agent says of it. */
export interface Case {
  readonly name: string;
  run(lab: Lab, report: Report): Promise<void>;
}
