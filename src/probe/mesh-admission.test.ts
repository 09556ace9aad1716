import { expect, test } from 'vitest';

import { createMeshAdmission } from './mesh-admission.ts';

test('createMeshAdmission() lets in four probes in three slots, however many ask', () => {
  let now = 0;
  const admit = createMeshAdmission({ slotSeconds: 30, deadlineSeconds: 20 }, () => now);
  let admitted = 0;
  for (; now < 3000; now += 0.5) {
    admitted += Number(admit(`10.0.${now >> 8}.${now % 256}`));
  }
  expect(admitted).toBeGreaterThanOrEqual(133);
  expect(admitted).toBeLessThanOrEqual(135);
});

test('createMeshAdmission() counts the measurements of one probe once', () => {
  let now = 0;
  const admit = createMeshAdmission({ slotSeconds: 30, deadlineSeconds: 20 }, () => now);
  for (; now < 120; now += 1) {
    expect(admit('10.0.0.1')).toBe(true);
  }
  now += 30;
  expect(admit('10.0.0.2')).toBe(true);
});
