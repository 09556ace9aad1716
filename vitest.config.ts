import type { ViteUserConfig } from 'vitest/config';

import { bundlePasswordWorker } from './scripts/bundle-worker.mjs';

const config: ViteUserConfig = {
  define: {
    nicwatchVersion: '"test"',
    nicwatchRevision: '"test"',
    nicwatchPasswordWorker: JSON.stringify(bundlePasswordWorker().text),
  },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // Kernel tests share one kernel log and one machine.
    fileParallelism: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    globalSetup: 'test/support/unpack-hosts.ts',
  },
};

export default config;
