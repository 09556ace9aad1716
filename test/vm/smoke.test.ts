import { expect, test } from 'vitest';

import { skipNote } from '../support/requirements.ts';
import { hangOnce } from './cases/hang.ts';
import { downloadProblem } from './image.ts';
import { createLab } from './lab.ts';
import { nics } from './nics.ts';
import { noObservations } from './observation.ts';
import { createReport } from './report.ts';
import type { Verdict } from './report.ts';

const kernel = '6.1';
const problem = downloadProblem(kernel);

test.skipIf(problem !== undefined)(
  `the agent counts a hang of a real e1000e driver on kernel ${kernel}${skipNote(problem)}`,
  async () => {
    const verdicts: Verdict[] = [];
    const lab = await createLab(kernel);
    try {
      // Without waiting for the driver to reset the card.
      const { name, run } = hangOnce([nics.eno1], 0);
      const observations = noObservations({ kernel, kernelVersion: '', qemuVersion: '' });
      await run(lab, createReport({ caseName: name, verdicts, observations }));
    } finally {
      await lab.stop();
    }
    expect(verdicts.filter((verdict) => !verdict.passed && !isLate(verdict))).toEqual([]);
    expect(verdicts.map(({ what }) => what)).toContain('kernel events: eno1 unit_hang');
  },
  // It takes some 60 s; more on a machine that is busy with something else.
  600_000,
);

/** What took how long is for `npm run test:vm`: an emulated machine on a busy one is slow. */
function isLate({ seen, expected }: Verdict): boolean {
  return expected.startsWith('within ') && seen !== 'never';
}
