import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createProbeLab } from '../support/probe-lab.ts';
import type { ProbeLab } from '../support/probe-lab.ts';
import { namespaceProblem, skipNote } from '../support/requirements.ts';

const problem = namespaceProblem('perl', 'ethtool');

describe.skipIf(problem !== undefined)(
  `nicwatch probe between nodes over VXLAN${skipNote(problem)}`,
  () => {
    let lab: ProbeLab;

    beforeAll(async () => {
      lab = await createProbeLab(3);
      await lab.serve(0);
      await lab.serve(1);
      await lab.serve(2);
    });

    afterAll(async () => {
      await lab?.delete();
    });

    test('passes over a clean path', async () => {
      const began = performance.now();
      const r = await lab.probe(0, [1, 2]);
      console.log(r, performance.now() - began);
    });
    test('corrupt', async () => {
      await lab.setFault(0, { corrupt: 1 });
      const began = performance.now();
      let r = await lab.probe(0, [1, 2]);
      console.log(r.stdout, r, performance.now() - began);
      r = await lab.probe(1, [0, 2]);
      console.log(r.stdout, r, performance.now() - began);
    });
    test('loss', async () => {
      await lab.setFault(0, { lose: 1 });
      const began = performance.now();
      const r = await lab.probe(0, [1, 2]);
      console.log(r.stdout, r, performance.now() - began);
    });
  },
);
