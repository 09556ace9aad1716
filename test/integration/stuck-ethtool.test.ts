import { randomInt } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';

import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import { spawnAgent, startAgent } from '../support/agent-process.ts';
import type { AgentProcessOptions } from '../support/agent-process.ts';
import type { Exposition } from '../support/exposition.ts';
import { createNamespace } from '../support/netns.ts';
import type { Namespace } from '../support/netns.ts';
import { commandPath, namespaceProblem, skipNote } from '../support/requirements.ts';

const problem = namespaceProblem('ethtool');
/** A time nobody else sleeps, to know the processes of this run by. */
const sleepArgument = `601.${randomInt(1_000_000, 10_000_000)}`;

describe.skipIf(problem !== undefined)(`a device stuck in its driver${skipNote(problem)}`, () => {
  let namespace: Namespace;
  let directory: string;
  let stuckFile: string;

  beforeAll(async () => {
    namespace = await createNamespace();
    await namespace.ip('link add good0 type veth peer stuck0');
    await namespace.ip('link set good0 up');
    await namespace.ip('link set stuck0 up');
    directory = await mkdtemp(join(tmpdir(), 'nicwatch-stuck-'));
    stuckFile = join(directory, 'stuck');
    await writeFile(
      join(directory, 'ethtool'),
      `#!/bin/sh
if [ "$2" = stuck0 ] && [ -e '${stuckFile}' ]; then
  sleep ${sleepArgument}
fi
exec '${commandPath('ethtool') ?? ''}' "$@"
`,
      { mode: 0o755 },
    );
  });

  beforeEach(async () => {
    await writeFile(stuckFile, '');
  });

  afterAll(async () => {
    await namespace?.delete();
    await rm(directory, { recursive: true });
  });

  test('affects only its own samples, delays no scrape, and recovers', async () => {
    const agent = await startAgent(options());
    try {
      const first = await agent.scrape();
      expect(first.seconds).toBeLessThan(1);
      expect(first.samples('nic_offload_enabled', { device: 'good0' })).not.toEqual([]);
      expect(first.samples('nic_offload_enabled', { device: 'stuck0' })).toEqual([]);
      expect(first.value('nic_link_up', { device: 'good0' })).toBe(1);
      expect(first.value('nic_link_up', { device: 'stuck0' })).toBe(1);
      expect(featureReads(first)).toEqual({ good0: [1, 0], stuck0: [0, 1] });

      const later = await agent.scrape();
      expect(later.seconds).toBeLessThan(1);

      await rm(stuckFile);
      await vi.waitFor(
        async () => {
          const scrape = await agent.freshScrape();
          expect(featureReads(scrape)).toEqual({ good0: [1, 0], stuck0: [1, 0] });
          expect(scrape.samples('nic_offload_enabled', { device: 'stuck0' })).not.toEqual([]);
        },
        { timeout: 25_000, interval: 250 },
      );
      expect(await sleepers()).toEqual([]);
    } finally {
      await agent.stop();
    }
  });

  test('does not delay shutdown, and no command outlives the agent', async () => {
    const agent = await startAgent(options());
    try {
      await vi.waitFor(async () => expect(await sleepers()).not.toEqual([]), { timeout: 5000 });
    } finally {
      const { exitCode, seconds } = await agent.stop();
      expect(exitCode).toBe(0);
      expect(seconds).toBeLessThan(1);
    }
    await expectNoSleepers();
  });

  test.each([0, 50, 100, 150, 200, 225, 250, 275, 300, 325, 350, 400])(
    'does not delay SIGTERM %i ms after the start',
    async (milliseconds) => {
      const agent = await spawnAgent(options());
      await setTimeout(milliseconds);
      const { exitCode, signal, seconds } = await agent.stop();
      expect(seconds).toBeLessThan(1);
      // Until the agent listens for it, the signal ends it the way it ends any process.
      expect(signal ?? exitCode).toSatisfy((end) => end === 'SIGTERM' || end === 0);
      await expectNoSleepers();
    },
  );

  function options(): AgentProcessOptions {
    return {
      namespace,
      flags: ['--device.include=good0|stuck0', '--poll.interval=1s', '--ethtool.reader=command'],
      env: { PATH: `${directory}:${process.env['PATH'] ?? ''}` },
    };
  }
});

/** By device: whether its features could be read, and whether that read is stuck. */
function featureReads(
  scrape: Exposition,
): Readonly<Record<string, readonly (number | undefined)[]>> {
  return Object.fromEntries(
    ['good0', 'stuck0'].map((device) => [
      device,
      ['nicwatch_device_read_success', 'nicwatch_device_read_stuck'].map((name) =>
        scrape.value(name, { device, read: 'features' }),
      ),
    ]),
  );
}

async function expectNoSleepers(): Promise<void> {
  await vi.waitFor(async () => expect(await sleepers()).toEqual([]), { timeout: 5000 });
}

/** Processes that sleep as the stuck command does. */
async function sleepers(): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    // A process may end while it is looked at.
    pids.map(async (pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return commands.filter((command) => command.split('\0').includes(sleepArgument));
}
