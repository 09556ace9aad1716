import { writeFile } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { startAgent } from '../support/agent-process.ts';
import type { AgentProcess } from '../support/agent-process.ts';
import { countsByDevice, tieDeadLoop } from '../support/dead-loop.ts';
import type { DeadLoop } from '../support/dead-loop.ts';
import type { Exposition } from '../support/exposition.ts';
import { readKernelRing } from '../support/kernel-ring.ts';
import { createNamespace, uniqueSuffix } from '../support/netns.ts';
import type { Namespace } from '../support/netns.ts';
import { namespaceProblem, skipNote } from '../support/requirements.ts';

const problem = namespaceProblem();

/** Tests of one kernel log that grows: each begins where the one before it ended. */
describe.skipIf(problem !== undefined)(`a dead loop in a namespace${skipNote(problem)}`, () => {
  let namespace: Namespace;
  let agent: AgentProcess;
  let loop: DeadLoop;

  beforeAll(async () => {
    namespace = await createNamespace();
    agent = await startAgent();
  });

  afterAll(async () => {
    await agent?.stop();
    await namespace?.delete();
  });

  test('is counted once for each record of the kernel', async () => {
    loop = await tieDeadLoop(namespace);
    // All devices of the machine share the kernel's limit of ten such messages in five seconds.
    await vi.waitFor(
      async () => {
        await loop.send();
        expect(Object.values(loop.logged()).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(
          2,
        );
      },
      { timeout: 20_000, interval: 100 },
    );
    const seenAt = Date.now() / 1000;
    // From here on the kernel's own neighbour traffic makes no further records.
    await loop.untie();
    const scrape = await vi.waitFor(
      async () => {
        const fresh = await agent.freshScrape();
        expect(counted(fresh)).toEqual(loop.logged());
        return fresh;
      },
      { timeout: 10_000 },
    );

    for (const device of Object.keys(loop.logged())) {
      const lastSeconds = scrape.value('nic_kernel_event_last_timestamp_seconds', {
        device,
        event: 'dead_loop',
      });
      expect(Math.abs((lastSeconds ?? 0) - seenAt)).toBeLessThan(3);
    }
    expect(scrape.value('nicwatch_kernel_log_up', { source: 'kmsg' })).toBe(1);
  });

  test('is not counted when a process writes the same text', async () => {
    const forged = `vx${uniqueSuffix()}c`;
    const text = `Dead loop on virtual device ${forged}, fix it urgently!`;
    const before = recordsRead(await agent.freshScrape());
    for (const prefix of ['', '<2>', '<0>']) {
      await writeFile('/dev/kmsg', `${prefix}${text}\n`);
    }
    const written = readKernelRing().filter((record) => record.text === text);
    expect(written.map(({ facility }) => facility)).toEqual([1, 1, 1]);

    const scrape = await vi.waitFor(
      async () => {
        const fresh = await agent.freshScrape();
        expect(recordsRead(fresh)).toBeGreaterThanOrEqual(before + written.length);
        return fresh;
      },
      { timeout: 10_000 },
    );
    expect(scrape.text).not.toContain(forged);
    expect(counted(scrape)).toEqual(loop.logged());
  });

  test('is counted the same by an agent that starts after it', async () => {
    await agent.stop();
    agent = await startAgent();
    expect(await firstCount()).toEqual(loop.logged());
    expect(counted(await agent.freshScrape())).toEqual(loop.logged());
  });

  /** What the agent counts in the first scrape that has a count: on a busy machine some come before the kernel log was read. */
  async function firstCount(): Promise<Readonly<Record<string, number>>> {
    return vi.waitUntil(
      async () => {
        const count = counted(await agent.scrape());
        return Object.keys(count).length > 0 ? count : undefined;
      },
      { timeout: 10_000 },
    );
  }

  /** Dead loops of the tunnels by device, as the agent counts them. */
  function counted(scrape: Exposition): Readonly<Record<string, number>> {
    return countsByDevice(loop.devices, (device) =>
      scrape.value('nic_kernel_events_total', { device, event: 'dead_loop' }),
    );
  }
});

function recordsRead(scrape: Exposition): number {
  return scrape.value('nicwatch_kernel_log_records_total', { source: 'kmsg' }) ?? Number.NaN;
}
