import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { spawnAgent, startAgent } from '../support/agent-process.ts';
import type { AgentProcess } from '../support/agent-process.ts';
import { countsByDevice, tieDeadLoop } from '../support/dead-loop.ts';
import type { DeadLoop } from '../support/dead-loop.ts';
import { readKernelRing } from '../support/kernel-ring.ts';
import { createNamespace } from '../support/netns.ts';
import type { Namespace } from '../support/netns.ts';
import { namespaceProblem, skipNote } from '../support/requirements.ts';

const problem = namespaceProblem();
/** Of each of some ledgers that count the same events beside each other, which takes less time than of one. */
const kills = 20;
const ledgers = 3;
/** An agent is up in half a second, and writes what it has counted at once. */
const longestLifeMilliseconds = 1500;

describe.skipIf(problem !== undefined)(`the ledger${skipNote(problem)}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'nicwatch-ledger-'));
  const stateDirectory = join(folder, '0');
  const stateFile = stateFileIn(stateDirectory);
  let namespace: Namespace;
  let loop: DeadLoop;

  beforeAll(async () => {
    namespace = await createNamespace();
    loop = await tieDeadLoop(namespace);
  });
  afterAll(async () => {
    await namespace?.delete();
    rmSync(folder, { recursive: true });
  });

  /** Starts an agent on a ledger, and says what it counts once it has counted all the kernel has logged. */
  async function finalCount(directory: string): Promise<Readonly<Record<string, number>>> {
    const agent = await startAgent({ stateDirectory: directory });
    try {
      await vi.waitFor(
        async () => {
          expect(await counted(agent)).toEqual(loop.logged());
        },
        { timeout: 10_000 },
      );
      return await counted(agent);
    } finally {
      await agent.stop();
    }
  }

  async function counted(agent: AgentProcess): Promise<Readonly<Record<string, number>>> {
    const scrape = await agent.freshScrape();
    return countsByDevice(loop.devices, (device) =>
      scrape.value('nic_kernel_events_total', { device, event: 'dead_loop' }),
    );
  }

  test(
    `counts every event once across ${kills * ledgers} times kill -9 at random moments, in ${ledgers} files`,
    { timeout: 180_000 },
    async () => {
      const directories = Array.from({ length: ledgers }, (_, index) => join(folder, `${index}`));
      const ending = new AbortController();
      const sending = loop.keepSending(100, ending.signal);
      await Promise.all(directories.map(killRepeatedly));
      await vi.waitUntil(() => total(loop.logged()) > 20, { timeout: 30_000, interval: 500 });
      ending.abort();
      await sending;
      await loop.untie();

      for (const directory of directories) {
        expect(await finalCount(directory)).toEqual(loop.logged());
        // What was counted was written down, and not only found again in the ring.
        expect(readFileSync(stateFileIn(directory), 'utf8')).toContain('"event":"dead_loop"');
      }
    },
  );

  test.each([
    ['cut off', () => truncateSync(stateFile, 40)],
    ['empty', () => truncateSync(stateFile, 0)],
    ['overwritten', () => writeFileSync(stateFile, Buffer.from([0xff, 0x00, 0x7b]))],
    ['of a newer version', () => writeFileSync(stateFile, '{"version":2}')],
  ])('is counted again from the ring buffer when the state file is %s', async (_what, damage) => {
    const before = await finalCount(stateDirectory);
    damage();
    const damaged = readFileSync(stateFile);
    const agent = await startAgent({ stateDirectory });
    try {
      // In the first scrape that has a count: one that rises later would look like new events.
      const count = await vi.waitUntil(
        async () => {
          const scrape = await agent.scrape();
          const counts = countsByDevice(loop.devices, (device) =>
            scrape.value('nic_kernel_events_total', { device, event: 'dead_loop' }),
          );
          return Object.keys(counts).length > 0 ? counts : undefined;
        },
        { timeout: 10_000 },
      );
      expect(count).toEqual(before);
      await vi.waitFor(
        async () => {
          expect((await agent.scrape()).value('nicwatch_state_persistent', {})).toBe(1);
        },
        { timeout: 10_000 },
      );
    } finally {
      await agent.stop();
    }
    expect(readFileSync(`${stateFile}.bad`)).toEqual(damaged);
    expect(agent.stderr().match(/level=warn/g)).toHaveLength(1);
  });

  test('logs that it cannot be written, and the agent continues', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const agent = await startAgent({ stateDirectory: join(file, 'below') });
    try {
      await vi.waitFor(
        async () => {
          const scrape = await agent.freshScrape();
          expect(scrape.value('nicwatch_state_persistent', {})).toBe(0);
          expect(await counted(agent)).toEqual(loop.logged());
        },
        { timeout: 10_000 },
      );
    } finally {
      await agent.stop();
    }
    expect(agent.stderr().match(/level=warn/g)).toHaveLength(1);
  });

  test('counts lost records when the ring buffer overruns the reader', async () => {
    const [first] = readKernelRing();
    const agent = await startAgent();
    try {
      const seen = async (): Promise<{ readonly records: number; readonly lost: number }> => {
        const scrape = await agent.freshScrape();
        const value = (name: string): number =>
          scrape.value(name, { source: 'kmsg' }) ?? Number.NaN;
        return {
          records: value('nicwatch_kernel_log_records_total'),
          lost: value('nicwatch_kernel_log_lost_total'),
        };
      };
      expect((await seen()).lost).toBe(0);

      agent.signal('SIGSTOP');
      for (let count = 0; count < 2000; count += 1) {
        // Opened anew each time: one writer may write ten records in five seconds.
        writeFileSync('/dev/kmsg', `nicwatch flood ${count} ${'x'.repeat(900)}\n`);
      }
      agent.signal('SIGCONT');

      const written = (): number =>
        (readKernelRing().at(-1)?.sequence ?? Number.NaN) - (first?.sequence ?? Number.NaN) + 1;
      await vi.waitFor(
        async () => {
          const { records, lost } = await seen();
          expect(records + lost).toBe(written());
        },
        { timeout: 10_000 },
      );
      const { lost: lostInFlood } = await seen();
      expect(lostInFlood).toBeGreaterThan(100);

      const before = written();
      writeFileSync('/dev/kmsg', 'nicwatch after the flood\n');
      await vi.waitFor(
        async () => {
          const { records, lost } = await seen();
          // The kernel may have had something to say as well.
          expect(records + lost).toBeGreaterThan(before);
          expect(records + lost).toBe(written());
          expect(lost).toBe(lostInFlood);
        },
        { timeout: 10_000 },
      );
    } finally {
      agent.signal('SIGCONT');
      await agent.stop();
    }
  });
});

async function killRepeatedly(stateDirectory: string): Promise<void> {
  for (let kill = 0; kill < kills; kill += 1) {
    const agent = await spawnAgent({ stateDirectory });
    await setTimeout(Math.random() * longestLifeMilliseconds);
    await agent.kill();
  }
}

function stateFileIn(directory: string): string {
  return join(directory, 'kernel-log.json');
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
