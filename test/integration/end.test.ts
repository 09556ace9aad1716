import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { constants as osConstants, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';

import { execaSync } from 'execa';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { runtimeFlags } from '../../scripts/runtime-flags.mjs';
import { builtAgent, freePort, spawnAgent, startAgent } from '../support/agent-process.ts';
import { compile, compilerProblem } from '../support/c-compiler.ts';
import { namespaceProblem, skipNote } from '../support/requirements.ts';

/** However busy the machine is. */
const maxSeconds = 2;

test.each([0, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 150, 200])(
  'SIGTERM ends an agent that was started %i ms ago',
  async (milliseconds) => {
    const agent = await spawnAgent({});
    await setTimeout(milliseconds);
    const { exitCode, signal, seconds } = await agent.stop();
    expect(seconds).toBeLessThan(maxSeconds);
    // While Node.js starts, the signal ends it the way it ends any process.
    expect(signal ?? exitCode).toSatisfy((end) => end === 'SIGTERM' || end === 0);
  },
);

test('SIGTERM ends an agent whose log is blocked, which serves until then', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'nicwatch-full-log-'));
  const fifo = join(directory, 'fifo');
  execaSync('mkfifo', [fifo]);
  const reader = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
  fill(reader);
  const writer = openSync(fifo, constants.O_WRONLY);
  const port = await freePort();
  const subprocess = spawn(
    process.execPath,
    [
      ...runtimeFlags(builtAgent()),
      builtAgent(),
      `--web.listen-address=127.0.0.1:${port}`,
      `--state.directory=${directory}`,
    ],
    { stdio: ['ignore', 'ignore', writer] },
  );
  const ended = once(subprocess, 'exit');
  try {
    await vi.waitFor(
      async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
        expect(await answer.text()).toContain('nicwatch_kernel_log_up');
      },
      { timeout: 10_000, interval: 100 },
    );
  } finally {
    const askedAt = performance.now();
    subprocess.kill('SIGTERM');
    const killing = globalThis.setTimeout(() => subprocess.kill('SIGKILL'), 5000);
    const [exitCode] = await ended;
    clearTimeout(killing);
    closeSync(writer);
    closeSync(reader);
    rmSync(directory, { recursive: true });
    expect((performance.now() - askedAt) / 1000).toBeLessThan(maxSeconds);
    expect(exitCode).toBe(0);
  }
});

function fill(pipe: number): void {
  try {
    for (;;) {
      writeSync(pipe, Buffer.alloc(4096));
    }
  } catch {
    // It is full.
  }
}

const compileProblem = compilerProblem();
const namespacesProblem = namespaceProblem('unshare');
/** Makes what it runs the first process of a PID namespace, as in a container. */
const firstProcess = ['unshare', '--pid', '--fork', '--kill-child'];

describe.skipIf(compileProblem !== undefined)(`fsync${skipNote(compileProblem)}`, () => {
  let directory: string;
  let stuckLibrary: string;
  let withoutFsync: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'nicwatch-fsync-'));
    stuckLibrary = join(directory, 'stuck-fsync.so');
    withoutFsync = join(directory, 'without-fsync');
    await compile(sourceOf('stuck-fsync.c'), stuckLibrary, ['-shared', '-fPIC']);
    await compile(sourceOf('without-fsync.c'), withoutFsync);
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  test('that blocks is logged, and does not delay shutdown', async () => {
    const agent = await startAgent({ env: { LD_PRELOAD: stuckLibrary } });
    await vi.waitFor(
      async () =>
        expect((await agent.freshScrape()).value('nicwatch_state_persistent', {})).toBe(0),
      { timeout: 10_000 },
    );
    const { exitCode, seconds } = await agent.stop();
    expect(exitCode).toBe(0);
    expect(seconds).toBeLessThan(maxSeconds);
  });

  test.skipIf(namespacesProblem !== undefined).each([
    ['with', false, /^0$/],
    // Its own SIGTERM does not end it: it aborts.
    ['without', true, /^SIG(?!KILL)/],
  ])(
    `that blocks does not delay shutdown of the first process of a PID namespace %s the C library${skipNote(namespacesProblem)}`,
    async (_with, isAlone, expected) => {
      const agent = await startAgent({
        launcher: firstProcess,
        env: { LD_PRELOAD: stuckLibrary },
        ...(isAlone ? { bundle: bundleAlone() } : {}),
      });
      try {
        await vi.waitFor(
          async () =>
            expect((await agent.freshScrape()).value('nicwatch_state_persistent', {})).toBe(0),
          { timeout: 10_000 },
        );
        const askedAt = performance.now();
        process.kill(await childOf(agent.pid ?? 0), 'SIGTERM');
        const { signal, exitCode } = await agent.ended();
        expect((performance.now() - askedAt) / 1000).toBeLessThan(maxSeconds);
        expect(String(signal ?? exitCode)).toMatch(expected);
      } finally {
        await agent.kill();
      }
    },
  );

  test('that blocks does not delay shutdown without the C library', async () => {
    const bundle = bundleAlone();
    const agent = await startAgent({ bundle, env: { LD_PRELOAD: stuckLibrary } });
    expect(agent.stderr()).toContain('devices are read by a slower method');
    await vi.waitFor(
      async () =>
        expect((await agent.freshScrape()).value('nicwatch_state_persistent', {})).toBe(0),
      { timeout: 10_000 },
    );
    const { signal, seconds } = await agent.stop();
    expect(signal).toBe('SIGTERM');
    expect(seconds).toBeLessThan(maxSeconds);
  });

  /** The agent without its packages, and so without the C library. */
  function bundleAlone(): string {
    const bundle = join(directory, 'nicwatch.cjs');
    writeFileSync(bundle, readFileSync(builtAgent()));
    return bundle;
  }

  test('that is denied is logged, and does not delay shutdown', async () => {
    const agent = await startAgent({ launcher: [withoutFsync] });
    await vi.waitFor(
      async () =>
        expect((await agent.freshScrape()).value('nicwatch_state_persistent', {})).toBe(0),
      { timeout: 10_000 },
    );
    expect(agent.stderr()).toMatch(/cannot write .*kernel-log\.json.*: EPERM/);
    const { exitCode, seconds } = await agent.stop();
    expect(exitCode).toBe(0);
    expect(seconds).toBeLessThan(maxSeconds);
  });
});

describe.skipIf(namespacesProblem !== undefined)(
  `the first process of a PID namespace${skipNote(namespacesProblem)}`,
  () => {
    test.each([
      // Node.js itself listens from a few milliseconds on.
      ['while it starts', 'SIGTERM'],
      ['from when it listens itself', 'SIGHUP'],
    ] as const)('ends by SIGTERM %s', { repeats: 3 }, async (_when, listened) => {
      const agent = await spawnAgent({ launcher: firstProcess });
      try {
        const pid = await childOf(agent.pid ?? 0);
        await vi.waitUntil(() => listensTo(pid, listened), { timeout: 10_000, interval: 1 });
        const askedAt = performance.now();
        process.kill(pid, 'SIGTERM');
        const { exitCode } = await Promise.race([
          agent.ended(),
          setTimeout(5000, { exitCode: undefined }),
        ]);
        expect((performance.now() - askedAt) / 1000).toBeLessThan(maxSeconds);
        expect(exitCode).toBe(0);
      } finally {
        await agent.kill();
      }
    });
  },
);

function sourceOf(name: string): string {
  return readFileSync(new URL(`../support/${name}`, import.meta.url), 'utf8');
}

async function childOf(pid: number): Promise<number> {
  return vi.waitUntil(
    () => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()),
    { timeout: 5000, interval: 1 },
  );
}

function listensTo(pid: number, signal: 'SIGTERM' | 'SIGHUP'): boolean {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const [, mask = '0'] = /^SigCgt:\s+([\da-f]+)$/m.exec(status) ?? [];
  return ((BigInt(`0x${mask}`) >> BigInt(osConstants.signals[signal] - 1)) & 1n) === 1n;
}
