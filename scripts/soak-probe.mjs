// Probes often enough to know how often a verdict is wrong: `npm run soak:probe`, some fifteen minutes.
import { spawnSync } from 'node:child_process';
import process from 'node:process';

const { status } = spawnSync(
  'node_modules/.bin/vitest',
  ['run', 'test/integration/probe.test.ts', '--hookTimeout=0'],
  { stdio: 'inherit', env: { ...process.env, NICWATCH_PROBE_SOAK: '1' } },
);
process.exit(status ?? 1);
