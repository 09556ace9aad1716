import { readdirSync } from 'node:fs';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { expect, test } from 'vitest';

import { pollSimulatedHost } from '../bench/simulated-polls.ts';

const warmUpPolls = 500;
const polls = 2000;
const largestGrowthBytes = 2 ** 20;

test('an agent leaks neither memory nor file descriptors', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  const held: { readonly heapBytes: number; readonly openFiles: number }[] = [];
  await pollSimulatedHost(warmUpPolls + polls, (count) => {
    if (count === warmUpPolls || count === warmUpPolls + polls) {
      collectGarbage();
      held.push({
        heapBytes: process.memoryUsage().heapUsed,
        openFiles: readdirSync('/proc/self/fd').length,
      });
    }
  });

  const [before, after] = held;
  expect(after?.openFiles).toBe(before?.openFiles);
  expect((after?.heapBytes ?? Number.NaN) - (before?.heapBytes ?? Number.NaN)).toBeLessThan(
    largestGrowthBytes,
  );
});
