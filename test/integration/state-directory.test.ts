import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';

import { execaSync } from 'execa';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { spawnAgent, startAgent } from '../support/agent-process.ts';
import type { AgentProcess } from '../support/agent-process.ts';
import { createLoopDisk, loopDiskProblem } from '../support/loop-disk.ts';
import type { LoopDisk } from '../support/loop-disk.ts';
import { skipNote } from '../support/requirements.ts';

const rootProblem = process.getuid?.() === 0 ? undefined : 'needs root';
const diskProblem = loopDiskProblem();
/** How soon the agent says that what it counts does not survive it. */
const knownMilliseconds = 10_000;

async function persistence(agent: AgentProcess): Promise<number | undefined> {
  return (await agent.freshScrape()).value('nicwatch_state_persistent', {});
}

/** Waits until the agent says so. */
async function expectPersistence(agent: AgentProcess, value: number): Promise<void> {
  await vi.waitFor(async () => expect(await persistence(agent)).toBe(value), {
    timeout: knownMilliseconds,
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

describe.skipIf(diskProblem !== undefined)(
  `a state directory on a disk that hangs${skipNote(diskProblem)}`,
  () => {
    let disk: LoopDisk;
    let agent: AgentProcess | undefined;

    beforeEach(async () => {
      disk = await createLoopDisk();
    });
    afterEach(async () => {
      await disk.thaw().catch(() => {});
      await agent?.stop();
      await disk.delete();
      agent = undefined;
    });

    test('at startup delays neither events nor shutdown, and is used once it is back', async () => {
      await disk.freeze();
      agent = await startAgent({ stateDirectory: join(disk.path, 'nicwatch') });
      const first = await agent.scrape();
      expect(first.value('nicwatch_kernel_log_up', { source: 'kmsg' })).toBeDefined();
      expect(first.value('nicwatch_state_persistent', {})).not.toBe(1);
      await expectPersistence(agent, 0);
      await expectLogFollowed(agent);
      expect(warnings(agent)).toBe(1);

      const { exitCode, seconds } = await agent.stop();
      expect(exitCode).toBe(0);
      expect(seconds).toBeLessThan(2);

      agent = await startAgent({ stateDirectory: join(disk.path, 'nicwatch') });
      await expectPersistence(agent, 0);
      await disk.thaw();
      await expectPersistence(agent, 1);
    });

    test('later is logged, and written once it is back, without a new record', async () => {
      agent = await startAgent({ stateDirectory: disk.path });
      await expectPersistence(agent, 1);
      await disk.freeze();
      writeFileSync('/dev/kmsg', 'nicwatch: a record\n');
      await expectPersistence(agent, 0);
      await expectLogFollowed(agent);
      expect(warnings(agent)).toBe(1);
      await disk.thaw();
      await expectPersistence(agent, 1);
    });

    test('later does not delay shutdown', async () => {
      agent = await startAgent({ stateDirectory: disk.path });
      await expectPersistence(agent, 1);
      // Nothing was written for longer than a write is trusted.
      await setTimeout(1500);
      await disk.freeze();
      writeFileSync('/dev/kmsg', 'nicwatch: a record\n');
      await expectPersistence(agent, 0);
      const { exitCode, seconds } = await agent.stop();
      agent = undefined;
      expect(exitCode).toBe(0);
      expect(seconds).toBeLessThan(2);
    });
  },
);

describe.skipIf(rootProblem !== undefined)(`a state directory${skipNote(rootProblem)}`, () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'nicwatch-state-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

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

  test('with a FIFO at the temporary name is still written', async () => {
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

  test('in use by another agent is taken over when that agent ends', async () => {
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

  test('is unlocked when the agent is killed', async () => {
    for (let round = 0; round < 3; round += 1) {
      const agent = await spawnAgent({ stateDirectory: directory });
      await vi.waitFor(async () => expect(await persistence(agent)).toBe(1), { timeout: 10_000 });
      await agent.kill();
      expect(warnings(agent)).toBe(0);
    }
  });
});
