import config from '../../vitest.config.ts';

/** The tests beside the code of one folder, or those of TESTS, without those of real time and real devices. */
export default {
  define: config.define,
  test: {
    include: process.env.TESTS?.split(',') ?? [`src/${process.env.FOLDER}/**/*.test.ts`],
    testTimeout: 6_000,
    // One process and one import of each module for all files of a run: most of them take no other time.
    pool: 'threads',
    isolate: false,
    maxWorkers: 1,
    globalSetup: 'test/support/unpack-hosts.ts',
  },
};
