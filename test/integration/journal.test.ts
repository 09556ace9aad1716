import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, describe, expect, test, vi } from 'vitest';

import type { KernelRecord } from '../../src/model/kernel-record.ts';
import { startAgent } from '../support/agent-process.ts';
import type { AgentProcess, AgentProcessOptions } from '../support/agent-process.ts';
import type { Exposition } from '../support/exposition.ts';
import { createFakeJournalctl, journalLine } from '../support/fake-journalctl.ts';
import type { FakeJournal } from '../support/fake-journalctl.ts';
import { createJournalRoot, journalWriter } from '../support/journal-file.ts';
import { readKmsgRecording } from '../support/recordings.ts';
import { commandProblem, skipNote } from '../support/requirements.ts';

const thisBoot = {
  id: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
  startedAtMicroseconds: 1.8e15,
};
const boot = { id: '0f0e0d0c-0b0a-4908-8706-050403020100', startedAtMicroseconds: 1.7e15 };
const hang = readKmsgRecording('hang-eno1-persist');

const plainRecord: KernelRecord = {
  sequence: undefined,
  cursor: undefined,
  timestampMicroseconds: 1000,
  realtimeMicroseconds: undefined,
  facility: 0,
  level: 6,
  text: 'Linux version 6.12.95',
  subsystem: undefined,
  device: undefined,
};

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) {
    await cleanup();
  }
});

/** An agent that has nothing but this journal. */
async function agentWith(
  journal: FakeJournal,
  options: AgentProcessOptions = {},
): Promise<AgentProcess> {
  const journalctl = createFakeJournalctl(journal);
  cleanups.push(journalctl.delete);
  const agent = await startAgent({
    flags: ['--kernel-log.source=journal'],
    env: journalctl.env,
    ...options,
  });
  cleanups.push(async () => {
    await agent.stop();
  });
  return agent;
}

const events = ['unit_hang', 'tx_timeout', 'adapter_reset'] as const;

function countsOf(scrape: Exposition, metric: string): readonly (number | undefined)[] {
  return events.map((event) => scrape.value(metric, { device: 'eno1', driver: 'e1000e', event }));
}

/** Memory the process has used at most, in MiB. */
function peakMemory({ pid }: AgentProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

describe('the journal as the source of the kernel log', () => {
  test('yields the events of this boot, once, across a restart', async () => {
    const stateDirectory = mkdtempSync(join(tmpdir(), 'nicwatch-journal-'));
    cleanups.push(() => {
      rmSync(stateDirectory, { recursive: true });
    });
    const lines = hang.map((record) => journalLine(record, thisBoot));
    const forged = journalLine(
      { ...plainRecord, facility: 1, text: 'Dead loop on virtual device forged, fix it urgently!' },
      thisBoot,
    );
    const agent = await agentWith(
      { current: [...lines.slice(0, 6), forged, 'no JSON'], previous: undefined },
      { flags: ['--kernel-log.source=journal'], stateDirectory },
    );
    await vi.waitFor(
      async () => {
        const scrape = await agent.freshScrape();
        expect(countsOf(scrape, 'nic_kernel_events_total')).toEqual([4, 1, 1]);
        expect(scrape.value('nicwatch_kernel_log_up', { source: 'journal' })).toBe(1);
        expect(scrape.text).not.toContain('forged');
        expect(
          scrape.value('nic_kernel_event_last_timestamp_seconds', {
            device: 'eno1',
            event: 'adapter_reset',
          }),
        ).toBe(1.8e9 + 71.124464);
      },
      { timeout: 10_000 },
    );
    await agent.stop();

    const restarted = await agentWith(
      { current: [...lines.slice(0, 6), forged, ...lines.slice(6)], previous: undefined },
      { flags: ['--kernel-log.source=journal'], stateDirectory },
    );
    await vi.waitFor(
      async () => {
        expect(countsOf(await restarted.freshScrape(), 'nic_kernel_events_total')).toEqual([
          9, 3, 3,
        ]);
      },
      { timeout: 10_000 },
    );
  });

  test('reports the previous boot, with a journal of any size, without delaying the first scrape', async () => {
    const lines = hang.map((record) => journalLine(record, boot));
    const noise = journalLine(
      {
        ...plainRecord,
        text: `IPTABLES-DROP: IN=eno1 OUT= MAC=${'00:'.repeat(20)} SRC=192.0.2.1 DST=192.0.2.2 LEN=60`,
      },
      boot,
    );
    const startedAt = performance.now();
    const agent = await agentWith({
      current: [journalLine(plainRecord, thisBoot)],
      previous: `(function* () {
          for (let count = 0; count < 100000; count += 1) { yield ${JSON.stringify(noise)}; }
          yield* ${JSON.stringify(lines)};
          for (let count = 0; count < 100000; count += 1) { yield ${JSON.stringify(noise)}; }
        })()`,
    });
    const first = await agent.scrape();
    expect(first.seconds).toBeLessThan(1);
    expect(performance.now() - startedAt).toBeLessThan(3000);
    expect(first.value('nicwatch_collector_success', { collector: 'kernel-log' })).toBe(1);
    const before = peakMemory(agent);

    await vi.waitFor(
      async () => {
        const scrape = await agent.freshScrape();
        expect(countsOf(scrape, 'nic_previous_boot_kernel_events')).toEqual([9, 3, 3]);
        // Nothing of it in the counters of this boot; but it is the last that is known of the device.
        expect(countsOf(scrape, 'nic_kernel_events_total')).toEqual([
          undefined,
          undefined,
          undefined,
        ]);
        expect(
          scrape.value('nic_kernel_event_last_timestamp_seconds', {
            device: 'eno1',
            event: 'adapter_reset',
          }),
        ).toBe(1.7e9 + 105.081264);
      },
      { timeout: 20_000 },
    );
    expect(peakMemory(agent) - before).toBeLessThan(60);
  });

  test('is the fallback if /dev/kmsg is not available', async () => {
    const agent = await agentWith(
      { current: hang.map((record) => journalLine(record, thisBoot)), previous: undefined },
      { flags: ['--path.rootfs=/nonexistent'] },
    );
    await vi.waitFor(
      async () => {
        const scrape = await agent.freshScrape();
        expect(scrape.value('nicwatch_kernel_log_up', { source: 'kmsg' })).toBe(0);
        expect(scrape.value('nicwatch_kernel_log_up', { source: 'journal' })).toBe(1);
        expect(countsOf(scrape, 'nic_kernel_events_total')).toEqual([9, 3, 3]);
      },
      { timeout: 10_000 },
    );
  });
});

const realProblem = commandProblem('journalctl', journalWriter);

describe.skipIf(realProblem !== undefined)(`a real journal${skipNote(realProblem)}`, () => {
  test('is read through the real journalctl, including byte arrays', async () => {
    const nowMicroseconds = Date.now() * 1000;
    const root = await createJournalRoot([
      ...hang.map((record) => ({
        ...record,
        // A bell makes journalctl print the message as bytes.
        text: `${record.text}\n\u0007`,
        bootId: boot.id,
        realtimeMicroseconds: boot.startedAtMicroseconds + record.timestampMicroseconds,
      })),
      ...hang.slice(0, 6).map((record) => ({
        ...record,
        bootId: thisBoot.id,
        realtimeMicroseconds: nowMicroseconds + record.timestampMicroseconds,
      })),
    ]);
    cleanups.push(root.delete);
    const agent = await startAgent({ flags: [`--path.rootfs=${root.path}`] });
    cleanups.push(async () => {
      await agent.stop();
    });
    await vi.waitFor(
      async () => {
        const scrape = await agent.freshScrape();
        expect(scrape.value('nicwatch_kernel_log_up', { source: 'journal' })).toBe(1);
        expect(countsOf(scrape, 'nic_kernel_events_total')).toEqual([4, 1, 1]);
        expect(countsOf(scrape, 'nic_previous_boot_kernel_events')).toEqual([9, 3, 3]);
      },
      { timeout: 20_000 },
    );
  });
});
