import { availableParallelism } from 'node:os';
import process from 'node:process';

import type { TestUserConfig, ViteUserConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

import { bundlePasswordWorker } from './scripts/bundle-worker.mjs';

/** They neither wait nor need a process of their own: they share some, which spares the time to load modules. */
const units = ['src/**/*.test.ts', 'test/*.test.ts', 'test/support/*.test.ts'];
/** It looks at the memory and the files of its process. */
const ownProcess = 'test/soak.test.ts';

/** Test files of `test/integration/`, by name. */
const integration = (...names: readonly string[]): string[] =>
  names.map((name) => `test/integration/${name}.test.ts`);

/** Tests of real processes and devices that bear company: they neither flood the kernel log nor measure time closely. */
const unhurried = [
  ...integration(
    'alerts',
    'bench',
    'check',
    'closed-log',
    'command-line',
    'dashboards',
    'debian-package',
    'declared',
    'ethtool-readers',
    'image',
    'known-issues',
    'kubernetes',
    'namespace',
    'netns',
    'release',
    'signals',
    'status-page',
    'tls',
    'tls-connections',
  ),
];
/** Those that mostly wait, and measure time to a second: they bear each other, but no busy machine. */
const waiting = [
  ...integration(
    'drill',
    'end',
    'hardening',
    'journal',
    // It overruns the kernel's ring buffer, which the others do not look at.
    'ledger',
    'mesh',
    'prometheus',
    'stuck-ethtool',
    'stuck-ioctl',
    'stuck-sysfs',
    'wire',
  ),
  ...['attributes', 'command', 'journal'].map((name) => `src/host/${name}.test.ts`),
];
/** Those that look at what the kernel logs, and those that fill the machine; an emulated one takes a processor of its own. */
const alone = [...integration('*'), 'src/host/kmsg.test.ts', 'test/vm/smoke.test.ts'];

/** Files that take longest, in this order: started last, they would keep all others waiting. */
const longest = ['alerts', 'debian-package', 'image', 'declared', 'rules'].map(
  (name) => `/${name}.test.ts`,
);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- it is the sequencer's, not that of an array
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rank(one) - rank(other));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const index = longest.findIndex((name) => moduleId.endsWith(name));
  return index === -1 ? longest.length : index;
}

const shared: TestUserConfig = {
  // For a machine that is busy with something else; what should be fast says so itself.
  testTimeout: 120_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 10_000 } },
  // Real processes and devices on a machine shared with others: in CI only what fails twice fails. Reports show retries.
  retry: process.env['CI'] === undefined ? 0 : 1,
  globalSetup: 'test/support/unpack-hosts.ts',
};
// Some of them mostly wait.
const maxWorkers = Math.max(4, availableParallelism());

const config: ViteUserConfig = {
  define: {
    nicwatchVersion: '"test"',
    nicwatchRevision: '"test"',
    nicwatchPasswordWorker: JSON.stringify(bundlePasswordWorker().text),
  },
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          ...shared,
          name: 'in shared processes',
          include: units,
          exclude: [ownProcess, ...waiting, ...alone],
          // Importing a file does nothing, and no module keeps state.
          isolate: false,
          maxWorkers,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: 'beside each other',
          include: [ownProcess, ...unhurried],
          maxWorkers,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: 'few beside each other',
          include: waiting,
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: 'one after the other',
          include: alone,
          exclude: [...unhurried, ...waiting],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
};

export default config;
