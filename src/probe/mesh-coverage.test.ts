import { expect, test } from 'vitest';

import { createMeshCoverage } from './mesh-coverage.ts';

const timing = { slotSeconds: 10, deadlineSeconds: 7 };
/** Two sweeps of four nodes, and a slot each. */
const due = 60;

test('createMeshCoverage() is the share of the peers measured in two sweeps', () => {
  const coverage = createMeshCoverage('pod', timing);
  const ratioAt = (now: number) => coverage.family(true, now).samples[0]?.value;
  coverage.setPeers(['b', 'c', 'd'], 0);
  expect(ratioAt(due - 1)).toBeUndefined();
  coverage.measured('b', 20);
  coverage.measured('c', 30);
  expect(ratioAt(due)).toBeCloseTo(2 / 3);
  coverage.measured('d', due + 1);
  expect(ratioAt(due + 20)).toBe(1);
  expect(ratioAt(due + 21)).toBeCloseTo(2 / 3);
});

test('createMeshCoverage() expects nothing of peers that came just now or have gone', () => {
  const coverage = createMeshCoverage('pod', timing);
  coverage.setPeers(['b', 'c'], 0);
  coverage.measured('b', 50);
  coverage.setPeers(['b', 'd', 'e'], 55);
  expect(coverage.family(true, 60).samples).toEqual([{ labels: { path: 'pod' }, value: 1 }]);
});

test('createMeshCoverage() is 0 where no peer can be found, and nothing where there is none', () => {
  const coverage = createMeshCoverage('host', timing);
  expect(coverage.family(false, 1000).samples).toEqual([{ labels: { path: 'host' }, value: 0 }]);
  expect(coverage.family(true, 1000).samples).toEqual([]);
});
