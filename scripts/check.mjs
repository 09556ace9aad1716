// Runs all checks, even if one fails, and prints the count of tests last.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import process from 'node:process';

const report = '.cache/vitest.json';

const steps = [
  // The first on PATH, which all that follows runs under.
  ['Node.js', 'node', '--version'],
  ['format', 'oxfmt', '--check', '.'],
  ['lint', 'oxlint'],
  ['types', 'tsc'],
  ['unused code', 'knip'],
  ['build', 'node', 'scripts/build.mjs'],
  [
    'tests',
    'vitest',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ],
];

mkdirSync('.cache', { recursive: true });
rmSync(report, { force: true });
const failed = steps.filter(([name, command, ...argv]) => {
  console.log(`\n== ${name}`);
  const path = `node_modules/.bin:${process.env.PATH}`;
  const { status } = spawnSync(command, argv, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, PATH: path },
  });
  return status !== 0;
});

const failedSteps = failed.map(([name]) => name);
const counts = countTests();
if (failed.length > 0) {
  console.log(`\nfailed: ${failedSteps.join(', ')}`);
  process.exitCode = 1;
}
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
console.log(`\n${counts.passed} passed, ${counts.failed} failed${skipped}`);

/** From the runner's report. A file that could not be loaded counts as one failure, and so does an error outside of tests. */
function countTests() {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    const broken = testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
    );
    return {
      passed: numPassedTests,
      failed: Math.max(numFailedTests + broken.length, failedSteps.includes('tests') ? 1 : 0),
      skipped: numPendingTests,
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
