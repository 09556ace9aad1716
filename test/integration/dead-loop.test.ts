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
    await sendUntilLogged(loop, 3);
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
      expect(Math.abs((lastSeconds ?? 0) - seenAt)).toBeLessThan(10);
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

  test('has the same count in an agent started later', async () => {
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

describe.skipIf(problem !== undefined)(`a dead loop on a shared name${skipNote(problem)}`, () => {
  let host: Namespace;
  let pod: Namespace;
  let agent: AgentProcess;

  beforeAll(async () => {
    host = await createNamespace();
    pod = await createNamespace();
  });

  afterAll(async () => {
    await agent?.stop();
    await host?.delete();
    await pod?.delete();
  });

  test('is attributed to the device of the host only when that one loops', async () => {
    const suffix = uniqueSuffix();
    const names = [`vx${suffix}a`, `vx${suffix}b`];
    for (const [vni, name] of names.entries()) {
      await host.ip(`link add ${name} type vxlan id ${vni + 1} remote 192.0.2.9 dstport 4789`);
    }
    agent = await startAgent({ namespace: host });
    const before = await loops(names);

    const foreign = await tieDeadLoop(pod, suffix);
    await sendUntilLogged(foreign, 3);
    await foreign.untie();
    await vi.waitFor(
      async () => {
        const { named, nameless } = await loops(names);
        expect(named).toBe(0);
        expect(nameless - before.nameless).toBeGreaterThanOrEqual(3);
      },
      { timeout: 10_000 },
    );

    for (const name of names) {
      await host.ip(`link delete ${name}`);
    }
    const own = await tieDeadLoop(host, suffix);
    await sendUntilLogged(own, total(foreign.logged()) + 3);
    await own.untie();
    await vi.waitFor(
      async () => {
        expect((await loops(names, 'vxlan')).named).toBeGreaterThanOrEqual(3);
      },
      { timeout: 10_000 },
    );
  }, 60_000);

  /** Dead loops that are counted under these names, and under none. */
  async function loops(names: readonly string[], driver?: string) {
    const scrape = await agent.freshScrape();
    const labels = { event: 'dead_loop', ...(driver === undefined ? {} : { driver }) };
    const count = (device: string): number =>
      scrape.value('nic_kernel_events_total', { ...labels, device }) ?? 0;
    return { named: total(countsByDevice(names, count)), nameless: count('') };
  }
});

/** All devices of the machine share the kernel's limit of ten such messages in five seconds. */
async function sendUntilLogged(loop: DeadLoop, count: number): Promise<void> {
  await vi.waitFor(
    async () => {
      await loop.send();
      expect(total(loop.logged())).toBeGreaterThanOrEqual(count);
    },
    { timeout: 20_000, interval: 100 },
  );
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function recordsRead(scrape: Exposition): number {
  return scrape.value('nicwatch_kernel_log_records_total', { source: 'kmsg' }) ?? Number.NaN;
}
