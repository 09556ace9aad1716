import type { ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = {
  define: {
    nicwatchVersion: '"test"',
    nicwatchRevision: '"test"',
  },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // Kernel tests share one kernel log and one machine.
    fileParallelism: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
};

export default config;
