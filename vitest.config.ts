import { availableParallelism } from 'node:os';
import process from 'node:process';

import type { TestUserConfig, ViteUserConfig } from 'vitest/config';

import { bundlePasswordWorker } from './scripts/bundle-worker.mjs';

/** Tests of real processes and devices that bear company: they neither flood the kernel log nor measure time closely. */
const unhurried = [
  'alerts',
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
].map((name) => `test/integration/${name}.test.ts`);
const integration = 'test/integration/**/*.test.ts';
/** Unit tests that measure how soon something ends. */
const timed = ['attributes', 'command', 'journal', 'kmsg'].map(
  (name) => `src/host/${name}.test.ts`,
);

const shared: TestUserConfig = {
  // For a machine that is busy with something else; what should be fast says so itself.
  testTimeout: 60_000,
  hookTimeout: 120_000,
  // Real processes and devices on a machine shared with others: in CI only what fails twice fails. Reports show retries.
  retry: process.env['CI'] === undefined ? 0 : 1,
  globalSetup: 'test/support/unpack-hosts.ts',
};

const config: ViteUserConfig = {
  define: {
    nicwatchVersion: '"test"',
    nicwatchRevision: '"test"',
    nicwatchPasswordWorker: JSON.stringify(bundlePasswordWorker().text),
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          ...shared,
          name: 'beside each other',
          include: ['src/**/*.test.ts', 'test/*.test.ts', 'test/support/*.test.ts', ...unhurried],
          exclude: timed,
          // Some of them mostly wait.
          maxWorkers: Math.max(4, availableParallelism()),
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: 'one after the other',
          // They share one kernel log and one machine.
          include: [integration, 'test/vm/*.test.ts', ...timed],
          exclude: unhurried,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
};

export default config;
