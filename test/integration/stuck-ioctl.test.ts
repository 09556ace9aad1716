import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import { startAgent } from '../support/agent-process.ts';
import type { AgentProcess } from '../support/agent-process.ts';
import { compile, compilerProblem } from '../support/c-compiler.ts';
import type { Exposition } from '../support/exposition.ts';
import { createLoopDisk, loopDiskProblem } from '../support/loop-disk.ts';
import { createNamespace } from '../support/netns.ts';
import type { Namespace } from '../support/netns.ts';
import { namespaceProblem, skipNote } from '../support/requirements.ts';

const problem = namespaceProblem() ?? compilerProblem();
const diskProblem = loopDiskProblem();
const scrapeSeconds = 0.05;

describe.skipIf(problem !== undefined)(`an ioctl that does not return${skipNote(problem)}`, () => {
  let directory: string;
  let library: string;
  let stuckFile: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nicwatch-stuck-'));
    library = join(directory, 'stuck-ioctl.so');
    stuckFile = join(directory, 'stuck');
    const source = new URL('../support/stuck-ioctl.c', import.meta.url);
    await compile(await readFile(source, 'utf8'), library, ['-shared', '-fPIC']);
  });

  beforeEach(async () => {
    await writeFile(stuckFile, '');
  });

  afterAll(async () => {
    await rm(directory, { recursive: true });
  });

  test.each([1, 4, 8, 20])(
    'of %i devices affects only their samples, delays no scrape, and recovers',
    async (count) => {
      await withStuckAgent(count, async (agent, namespace) => {
        // Of everything that is not stuck, all is read.
        const stuck = await vi.waitFor(
          async () => {
            const scrape = await agent.freshScrape();
            expect(failures(scrape)).toEqual([]);
            expect(featureReads(scrape)).toEqual(featureReadsWhere(count, { isStuck: true }));
            return scrape;
          },
          { timeout: 10_000 },
        );
        expect(stuck.samples('nic_offload_enabled', { device: 'good0' })).not.toEqual([]);
        expect(stuck.samples('nic_offload_enabled', { device: 'stuck0' })).toEqual([]);
        expect(stuck.samples('nic_link_up')).toHaveLength(count + 2);
        expect(stuck.samples('nic_stack_csum_errors_total')).not.toEqual([]);
        expect(stuck.samples('nic_boot_timestamp_seconds')).toHaveLength(1);

        // A machine that is busy with something else gets another try.
        await vi.waitFor(
          async () =>
            expect(Math.max(...(await scrapeTimes(agent, namespace)))).toBeLessThan(scrapeSeconds),
          { timeout: 50_000 },
        );

        await rm(stuckFile);
        await vi.waitFor(
          async () => {
            const scrape = await agent.freshScrape();
            expect(failures(scrape)).toEqual([]);
            expect(featureReads(scrape)).toEqual(featureReadsWhere(count, { isStuck: false }));
            expect(scrape.samples('nic_offload_enabled', { device: 'stuck0' })).not.toEqual([]);
          },
          { timeout: 25_000, interval: 250 },
        );
      });
    },
    150_000,
  );

  test('does not delay shutdown', async () => {
    await withStuckAgent(2, async (agent) => {
      await vi.waitFor(
        async () =>
          expect(featureReads(await agent.freshScrape())).toEqual(
            featureReadsWhere(2, { isStuck: true }),
          ),
        { timeout: 10_000 },
      );
      const { exitCode, seconds } = await agent.stop();
      expect(exitCode).toBe(0);
      expect(seconds).toBeLessThan(1);
    });
  });

  test.skipIf(diskProblem !== undefined)(
    `that no signal interrupts delays only the end of the process, not that of its port${skipNote(diskProblem)}`,
    async () => {
      const disk = await createLoopDisk();
      const namespace = await createNamespace();
      try {
        await namespace.ip('link add stuck0 type veth peer stuck1');
        await disk.freeze();
        const agent = await startAgent({
          namespace,
          flags: ['--ethtool.reader=ioctl', '--device.include=stuck.*', '--kernel-log.source=none'],
          env: { LD_PRELOAD: library, NICWATCH_FROZEN_FILE: join(disk.path, 'file') },
        });
        const ended = agent.ended();
        await vi.waitUntil(() => isUninterruptible(agent.pid), { timeout: 10_000 });
        agent.signal('SIGTERM');
        await vi.waitUntil(async () => !(await isListening(namespace)), { timeout: 2000 });
        await vi.waitUntil(() => hasEnded(agent.pid), { timeout: 2000 });
        expect(await Promise.race([ended, Promise.resolve('running')])).toBe('running');
        await disk.thaw();
        expect((await ended).exitCode).toBe(0);
      } finally {
        await disk.delete();
        await namespace.delete();
      }
    },
  );

  /** Runs an agent in a namespace with so many devices that are stuck, and two that are not. */
  async function withStuckAgent(
    count: number,
    use: (agent: AgentProcess, namespace: Namespace) => Promise<void>,
  ): Promise<void> {
    const namespace = await createNamespace();
    try {
      await namespace.ip('link add good0 type veth peer good1');
      for (const [index, name] of stuckDevices(count).entries()) {
        await namespace.ip(`link add ${name} type veth peer other${index}`);
      }
      const agent = await startAgent({
        namespace,
        flags: [
          '--ethtool.reader=ioctl',
          '--device.include=(good|stuck).*',
          '--poll.interval=1s',
          '--kernel-log.source=none',
        ],
        env: {
          LD_PRELOAD: library,
          NICWATCH_STUCK_FILE: stuckFile,
        },
      });
      try {
        await use(agent, namespace);
      } finally {
        await rm(stuckFile, { force: true });
        await agent.stop();
      }
    } finally {
      await namespace.delete();
    }
  }
});

/** Whether a thread of the process waits in the kernel, where not even SIGKILL reaches it. */
async function isUninterruptible(pid = 0): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`);
  const states = await Promise.all(threads.map(async (thread) => stateOf(`${pid}/task/${thread}`)));
  return states.includes('D');
}

/** Whether the process has ended but for threads that wait in the kernel. */
async function hasEnded(pid = 0): Promise<boolean> {
  return (await stateOf(String(pid))) === 'Z';
}

/** Whether anything listens on the port of the agent. */
async function isListening(namespace: Namespace): Promise<boolean> {
  const port = (10_140).toString(16).toUpperCase();
  return new RegExp(`:${port} \\S+ 0A `).test(await namespace.run('cat', ['/proc/net/tcp']));
}

async function stateOf(task: string): Promise<string | undefined> {
  return /^State:\t(.)/m.exec(await readFile(`/proc/${task}/status`, 'utf8'))?.[1];
}

/** How long some scrapes took, in seconds: some serve what there is, some are the first since a while. */
async function scrapeTimes(agent: AgentProcess, namespace: Namespace): Promise<readonly number[]> {
  const script = new URL('../support/fetch-often.mjs', import.meta.url).pathname;
  const output = await namespace.run(process.execPath, [
    script,
    `${agent.url}/metrics`,
    '8',
    '400',
  ]);
  return output.split('\n').map(Number);
}

function stuckDevices(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `stuck${index}`);
}

/** By device: whether its features could be read, and whether that read is stuck. */
type FeatureReads = Readonly<Record<string, readonly (number | undefined)[]>>;

function featureReads(scrape: Exposition): FeatureReads {
  const read = { read: 'features' };
  return Object.fromEntries(
    scrape.samples('nicwatch_device_read_success', read).map(({ labels, value }) => {
      const device = labels.get('device') ?? '';
      return [device, [value, scrape.value('nicwatch_device_read_stuck', { device, ...read })]];
    }),
  );
}

function featureReadsWhere(
  count: number,
  { isStuck }: { readonly isStuck: boolean },
): FeatureReads {
  return {
    good0: [1, 0],
    good1: [1, 0],
    ...Object.fromEntries(stuckDevices(count).map((name) => [name, isStuck ? [0, 1] : [1, 0]])),
  };
}

/** Collectors, and reads of devices that are not stuck, without success. */
function failures(scrape: Exposition): readonly string[] {
  return [
    ...scrape.samples('nicwatch_collector_success'),
    ...scrape.samples('nicwatch_device_read_success', { device: 'good0' }),
    ...scrape.samples('nicwatch_device_read_success', { device: 'good1' }),
  ]
    .filter(({ value }) => value !== 1)
    .map(({ labels }) => [...labels.values()].join(' '));
}
