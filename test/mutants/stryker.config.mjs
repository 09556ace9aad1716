/** Mutates one folder of `src/`. See CONTRIBUTING.md. */
const folder = process.env.FOLDER;

export default {
  mutate: [`src/${folder}/**/*.ts`, '!src/**/*.test.ts'],
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'test/mutants/vitest.config.mjs', related: false },
  // It would rewrite it with the API of TypeScript 5.
  tsconfigFile: 'none',
  ignorePatterns: ['/dist', '/.cache', '/build'],
  tempDirName: '.cache/stryker',
  reporters: ['clear-text', 'progress-append-only', 'json'],
  jsonReporter: { fileName: `.cache/mutants/${folder}.json` },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  // On a busy machine a slow run is none that never ends.
  timeoutMS: 30_000,
};
