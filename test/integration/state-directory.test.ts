import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';

import { execaSync } from 'execa';
import { describe, expect, test, vi } from 'vitest';
import type { TestContext } from 'vitest';

import { spawnAgent, startAgent } from '../support/agent-process.ts';
import type { AgentProcess } from '../support/agent-process.ts';
import { createLoopDisk, loopDiskProblem } from '../support/loop-disk.ts';
import type { LoopDisk } from '../support/loop-disk.ts';
import { skipNote } from '../support/requirements.ts';

const rootProblem = process.getuid?.() === 0 ? undefined : 'needs root';
const diskProblem = loopDiskProblem();
/** How soon the agent says that what it counts does not survive it. */
const knownMilliseconds = 10_000;
/** It tries again every five seconds, and a try may take three. */
const recoveredMilliseconds = 20_000;

async function persistence(agent: AgentProcess): Promise<number | undefined> {
  return (await agent.freshScrape()).value('nicwatch_state_persistent', {});
}

/** Waits until the agent says so. */
async function expectPersistence(agent: AgentProcess, value: number): Promise<void> {
  await vi.waitFor(async () => expect(await persistence(agent)).toBe(value), {
    timeout: value === 1 ? recoveredMilliseconds : knownMilliseconds,
    interval: 250,
  });
}

/** The log is read: what is written to it now is seen. */
async function expectLogFollowed(agent: AgentProcess): Promise<void> {
  const records = async (): Promise<number> => {
    const scrape = await agent.freshScrape();
    expect(scrape.value('nicwatch_kernel_log_up', { source: 'kmsg' })).toBe(1);
    return scrape.value('nicwatch_kernel_log_records_total', { source: 'kmsg' }) ?? 0;
  };
  const before = await vi.waitFor(records, { timeout: knownMilliseconds });
  writeFileSync('/dev/kmsg', 'nicwatch: a record\n');
  await vi.waitFor(async () => expect(await records()).toBeGreaterThan(before), { timeout: 5000 });
}

function warnings(agent: AgentProcess): number {
  return agent.stderr().match(/level=(?:warn|error)/g)?.length ?? 0;
}

/** Creates a file system that is deleted when the test has finished. */
async function createDisk({ onTestFinished }: TestContext): Promise<LoopDisk> {
  const disk = await createLoopDisk();
  onTestFinished(disk.delete);
  return disk;
}

/** Starts an agent on a disk that may be frozen when the test has finished. */
async function startOn(disk: LoopDisk, { onTestFinished }: TestContext): Promise<AgentProcess> {
  const agent = await startAgent({ stateDirectory: join(disk.path, 'nicwatch') });
  onTestFinished(async () => {
    await disk.thaw().catch(() => {});
    await agent.stop();
  });
  return agent;
}

function createDirectory({ onTestFinished }: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'nicwatch-state-'));
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
  return directory;
}

test.skipIf(diskProblem !== undefined)(
  `a disk that hangs is logged, does not delay shutdown, and is written once it is back, without a new record${skipNote(diskProblem)}`,
  async (context) => {
    const disks = [await createDisk(context), await createDisk(context)] as const;
    const [staying, ending] = [await startOn(disks[0], context), await startOn(disks[1], context)];
    await expectPersistence(staying, 1);
    await expectPersistence(ending, 1);
    // Nothing was written for longer than a write is trusted.
    await setTimeout(1500);
    await disks[0].freeze();
    await disks[1].freeze();
    writeFileSync('/dev/kmsg', 'nicwatch: a record\n');
    await expectPersistence(ending, 0);
    const { exitCode, seconds } = await ending.stop();
    expect(exitCode).toBe(0);
    expect(seconds).toBeLessThan(2);

    await expectPersistence(staying, 0);
    await expectLogFollowed(staying);
    expect(warnings(staying)).toBe(1);
    await disks[0].thaw();
    await expectPersistence(staying, 1);
  },
);

describe.skipIf(rootProblem !== undefined)(`a state directory${skipNote(rootProblem)}`, () => {
  test.skipIf(diskProblem !== undefined)(
    `on a disk that hangs at startup delays neither events nor shutdown, and is used once it is back${skipNote(diskProblem)}`,
    async (context) => {
      const disk = await createDisk(context);
      await disk.freeze();
      const first = await startOn(disk, context);
      const scrape = await first.scrape();
      expect(scrape.value('nicwatch_kernel_log_up', { source: 'kmsg' })).toBeDefined();
      expect(scrape.value('nicwatch_state_persistent', {})).not.toBe(1);
      await expectPersistence(first, 0);
      await expectLogFollowed(first);
      expect(warnings(first)).toBe(1);

      const { exitCode, seconds } = await first.stop();
      expect(exitCode).toBe(0);
      expect(seconds).toBeLessThan(2);

      const second = await startOn(disk, context);
      await expectPersistence(second, 0);
      await disk.thaw();
      await expectPersistence(second, 1);
    },
  );

  test('that cannot be created in procfs costs neither events nor CPU time', async () => {
    const agent = await startAgent({ stateDirectory: '/proc/nope' });
    try {
      await expectPersistence(agent, 0);
      await expectLogFollowed(agent);
      const cpuBefore = (await agent.freshScrape()).value('process_cpu_seconds_total', {}) ?? 0;
      await setTimeout(3000);
      const cpuAfter = (await agent.freshScrape()).value('process_cpu_seconds_total', {}) ?? 0;
      expect(cpuAfter - cpuBefore).toBeLessThan(1);
      expect(warnings(agent)).toBe(1);
    } finally {
      expect((await agent.stop()).seconds).toBeLessThan(2);
    }
  });

  test('with a FIFO at the temporary name is still written', async (context) => {
    const directory = createDirectory(context);
    execaSync('mkfifo', [join(directory, 'kernel-log.json.new')]);
    const agent = await startAgent({ stateDirectory: directory });
    try {
      await expectPersistence(agent, 1);
      await expectLogFollowed(agent);
    } finally {
      expect((await agent.stop()).seconds).toBeLessThan(2);
    }
    expect(readFileSync(join(directory, 'kernel-log.json'), 'utf8')).toContain('"version":2');
  });

  test('in use by another agent is taken over when that agent ends', async (context) => {
    const directory = createDirectory(context);
    const first = await startAgent({ stateDirectory: directory });
    const second = await startAgent({ stateDirectory: directory });
    try {
      await expectPersistence(first, 1);
      await expectPersistence(second, 0);
      await expectLogFollowed(second);
      expect(second.stderr().match(/is in use by another process/g)).toHaveLength(1);
      expect(warnings(first)).toBe(0);
      // However it ends.
      await first.kill();
      await expectPersistence(second, 1);
      expect(warnings(second)).toBe(1);
    } finally {
      await first.kill();
      await second.stop();
    }
  });

  test('is unlocked when the agent is killed', async (context) => {
    const directory = createDirectory(context);
    for (let round = 0; round < 3; round += 1) {
      const agent = await spawnAgent({ stateDirectory: directory });
      await expectPersistence(agent, 1);
      await agent.kill();
      expect(warnings(agent)).toBe(0);
    }
  });
});
