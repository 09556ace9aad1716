import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import { execa } from 'execa';
import { expect, test, vi } from 'vitest';

import { builtAgent, freePort } from '../support/agent-process.ts';

test('the agent keeps serving when its log is closed', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'nicwatch-closed-log-'));
  const address = `127.0.0.1:${await freePort()}`;
  const subprocess = execa(
    process.execPath,
    [
      builtAgent(),
      `--web.listen-address=${address}`,
      `--state.directory=${directory}`,
      // A procfs without anything in it gives every poll something to complain of.
      `--path.procfs=${directory}`,
      '--poll.interval=1s',
    ],
    { stdin: 'ignore', stdout: 'ignore', reject: false },
  );
  subprocess.stderr.destroy();
  try {
    const scrape = async (): Promise<string> => (await fetch(`http://${address}/metrics`)).text();
    await vi.waitFor(scrape, { timeout: 10_000, interval: 100 });
    await vi.waitFor(
      async () => {
        expect(await scrape()).toContain('nicwatch_collector_success{collector="boot"} 0');
      },
      { timeout: 10_000, interval: 500 },
    );
    expect(subprocess.exitCode).toBeNull();
  } finally {
    subprocess.kill('SIGTERM');
    const { exitCode } = await subprocess;
    rmSync(directory, { recursive: true });
    expect(exitCode).toBe(0);
  }
});
