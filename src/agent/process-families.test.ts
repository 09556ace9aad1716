import { expect, test } from 'vitest';

import { processFamilies } from './process-families.ts';
import type { ProcessReads } from './process-families.ts';

function fail(): never {
  throw new Error('EMFILE: too many open files, uv_resident_set_memory');
}

test.each<[string, Partial<ProcessReads>, readonly string[]]>([
  [
    'all it says',
    {},
    ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'process_start_time_seconds'],
  ],
  [
    'no memory',
    { residentBytes: fail },
    ['process_cpu_seconds_total', 'process_start_time_seconds'],
  ],
  [
    'no processor time',
    { cpuUsage: fail },
    ['process_resident_memory_bytes', 'process_start_time_seconds'],
  ],
])('processFamilies() exports what can be read: %s', (_what, reads, names) => {
  const families = processFamilies(7, reads).filter(({ samples }) => samples.length > 0);
  expect(families.map(({ name }) => name)).toEqual(names);
  expect(families.at(-1)?.samples).toEqual([{ labels: {}, value: 7 }]);
});

test('processFamilies() adds user and system time, in seconds', () => {
  const [cpuSeconds] = processFamilies(7, {
    cpuUsage: () => ({ user: 1_500_000, system: 250_000 }),
  });
  expect(cpuSeconds?.samples).toEqual([{ labels: {}, value: 1.75 }]);
});
