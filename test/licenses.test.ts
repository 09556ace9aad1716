import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

const built = fileURLToPath(new URL('../dist/nicwatch.cjs.LEGAL.txt', import.meta.url));

test.each([
  'fastify',
  '@fastify/error',
  'pino',
  'commander',
  'prom-client',
  'bcryptjs',
  'negotiator',
  'find-my-way',
])('the license of %s goes with the bundle that holds it, in full', (name) => {
  const license = readFileSync(built, 'utf8')
    .split(`${'='.repeat(80)}\n`)
    .find((text) => text.startsWith(`${name} `));
  expect(license).toMatch(
    /^\S+ \d+\.\d+\.\d+ \(.+\)\n\n[^]*(?:Permission is|Redistribution and use|Apache License)/,
  );
});
