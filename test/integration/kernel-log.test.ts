import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { parseLedger } from '../../src/parsers/ledger.ts';
import { startAgent } from '../support/agent-process.ts';
import type { AgentProcess, AgentProcessOptions } from '../support/agent-process.ts';
import { tieDeadLoop } from '../support/dead-loop.ts';
import { readKernelRing } from '../support/kernel-ring.ts';
import { createNamespace } from '../support/netns.ts';
import { namespaceProblem, skipNote } from '../support/requirements.ts';

const problem = namespaceProblem();
/** Polls on its own only once, at its start. */
const flags = ['--poll.interval=1h'];
const rounds = 10;
const idleSeconds = 5;

async function withAgent(
  use: (agent: AgentProcess) => Promise<void>,
  options: AgentProcessOptions = {},
): Promise<void> {
  const agent = await startAgent({ flags, ...options });
  try {
    await use(agent);
  } finally {
    await agent.stop();
  }
}

describe.skipIf(problem !== undefined)(`the kernel log${skipNote(problem)}`, () => {
  let directory: string;
  /** Nobody asks it for anything. */
  let idle: AgentProcess;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'nicwatch-kernel-log-'));
    idle = await startAgent({ flags });
  });
  afterAll(async () => {
    await idle?.stop();
    rmSync(directory, { recursive: true });
  });

  test('is exported within 100 ms of a record', async () => {
    await withAgent(async (agent) => {
      await agent.freshScrape();
      // What came before the oldest record in the ring was not counted.
      const uncounted = sequenceOf() - (await seen(agent));
      // The machine may be busy with something else now and then.
      await vi.waitFor(
        async () => {
          let inTime = 0;
          for (let round = 0; round < rounds; round += 1) {
            // The last poll is younger than a second when the next scrape comes.
            await agent.scrape();
            await setTimeout(60);
            const text = `nicwatch record ${process.pid} ${performance.now()}`;
            writeRecord(text);
            await setTimeout(90);
            const count = await seen(agent);
            inTime += Number(count + uncounted >= sequenceOf(text));
          }
          expect(inTime).toBeGreaterThanOrEqual(rounds - 2);
        },
        { timeout: 20_000 },
      );
    });
  });

  test('is written to disk with each event', async () => {
    const namespace = await createNamespace();
    const stateDirectory = join(directory, 'state');
    try {
      const loop = await tieDeadLoop(namespace);
      await withAgent(
        async () => {
          const logged = total(Object.values(loop.logged()));
          // The kernel may leave some out: its limit holds for all of the machine.
          await vi.waitUntil(
            async () => {
              await loop.send();
              return total(Object.values(loop.logged())) > logged;
            },
            { timeout: 20_000, interval: 200 },
          );
          const expected = total(Object.values(loop.logged()));
          await vi.waitFor(
            async () =>
              expect(await writtenDown(stateDirectory, loop.devices)).toBeGreaterThanOrEqual(
                expected,
              ),
            { timeout: 500, interval: 10 },
          );
        },
        { stateDirectory },
      );
    } finally {
      await namespace.delete();
    }
  });

  test('does not delay shutdown', async () => {
    const stateDirectory = join(directory, 'ended');
    const agent = await startAgent({ flags, stateDirectory });
    await agent.freshScrape();
    const before = await seen(agent);
    writeRecord('nicwatch end');
    const written = sequenceOf();
    await vi.waitUntil(async () => (await seen(agent)) > before, { timeout: 10_000 });
    const ended = await agent.stop();
    expect(ended).toMatchObject({ exitCode: 0, signal: undefined });
    expect(ended.seconds).toBeLessThan(2);
    const { position } = parseLedger(readFileSync(join(stateDirectory, 'kernel-log.json'), 'utf8'));
    expect(position.sequence).toBeGreaterThanOrEqual(written);
  });

  test('does not wake the agent while nothing is logged', { timeout: 120_000 }, async () => {
    // For some seconds after its start V8 collects garbage; and others may log something meanwhile.
    await vi.waitFor(
      async () => {
        const sequence = sequenceOf();
        const switchesBefore = voluntarySwitches(idle.pid ?? 0);
        await setTimeout(idleSeconds * 1000);
        const switches = voluntarySwitches(idle.pid ?? 0) - switchesBefore;
        expect(sequenceOf()).toBe(sequence);
        // The server looks at its connections once a second.
        expect(switches).toBeLessThan(idleSeconds * 1.5);
      },
      { timeout: 100_000 },
    );
  });
});

/** Below what consoles print. Without the newline the kernel would wait for the rest of the line. */
function writeRecord(text: string): void {
  writeFileSync('/dev/kmsg', `<7>${text}\n`);
}

/** How often the threads of a process have gone to sleep, and so were woken. */
function voluntarySwitches(pid: number): number {
  return total(
    readdirSync(`/proc/${pid}/task`).map((thread) => {
      const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8');
      return Number(/^voluntary_ctxt_switches:\t(\d+)$/m.exec(status)?.[1]);
    }),
  );
}

/** Of the last record in the ring with this text, or of all. */
function sequenceOf(text?: string): number {
  const found = readKernelRing().findLast((record) => text === undefined || record.text === text);
  return found?.sequence ?? Number.NaN;
}

/** How many events were written down of these devices. */
async function writtenDown(stateDirectory: string, devices: readonly string[]): Promise<number> {
  const { events } = parseLedger(await readFile(join(stateDirectory, 'kernel-log.json'), 'utf8'));
  return total(events.filter(({ device }) => devices.includes(device)).map(({ count }) => count));
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** How many records the agent has read or knows that it has lost. */
async function seen(agent: AgentProcess): Promise<number> {
  const scrape = await agent.scrape();
  const value = (name: string): number => scrape.value(name, { source: 'kmsg' }) ?? Number.NaN;
  return value('nicwatch_kernel_log_records_total') + value('nicwatch_kernel_log_lost_total');
}
