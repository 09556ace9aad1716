// Feeds fuzzed inputs to every parser: `npm run fuzz -- [COUNT]`, two million by default.
import { spawnSync } from 'node:child_process';
import process from 'node:process';

const [count = '2000000'] = process.argv.slice(2);
if (!/^[1-9]\d{0,9}$/.test(count)) {
  console.error(`expected a number of inputs, got ${JSON.stringify(count)}`);
  process.exit(2);
}
const { status } = spawnSync(
  'node_modules/.bin/vitest',
  ['run', 'test/properties.test.ts', '--testNamePattern=in time', '--testTimeout=0'],
  { stdio: 'inherit', env: { ...process.env, NICWATCH_FUZZ_INPUTS: count } },
);
process.exit(status ?? 1);
