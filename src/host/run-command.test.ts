import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test, vi } from 'vitest';

import { createRunCommand } from './run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'nicwatch-run-command-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const never = new AbortController().signal;

/** A shell that starts a sleeping grandchild and writes down who that is. */
function sleepingShell(name: string): {
  readonly argv: readonly string[];
  readonly pid: () => string;
} {
  const file = join(folder, name);
  return {
    argv: ['-c', `sleep 600 & echo $! > ${file}.new; mv ${file}.new ${file}; wait`],
    pid: () => readFileSync(file, 'utf8').trim(),
  };
}

/** Whether a process is still there. One that ended and waits for its parent to notice has no command line. */
function isRunning(pid: string): boolean {
  return existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
}

describe('createRunCommand()', () => {
  test('gives output and exit code', async () => {
    await expect(
      createRunCommand(never)('sh', ['-c', 'echo "out $LC_ALL"; echo err >&2; exit 96']),
    ).resolves.toEqual({ exitCode: 96, stdout: 'out C\n', stderr: 'err\n' });
  });

  test('fails as a source does where a start is refused at once', async () => {
    await expect(createRunCommand(never)('true', ['a\0b'])).rejects.toMatchObject({
      name: 'SourceError',
      reason: 'failed',
      message: expect.stringMatching(/^true: cannot be started: /),
    });
  });

  test('passes arguments as they are', async () => {
    const { stdout } = await createRunCommand(never)('printf', ['%s|', '$(id)', 'a b', '"']);
    expect(stdout).toBe('$(id)|a b|"|');
  });

  test('says that a program is not there', async () => {
    await expect(createRunCommand(never)('no-such-program', ['-i', 'eth0'])).rejects.toMatchObject({
      name: 'SourceError',
      reason: 'failed',
      message: expect.stringContaining('no-such-program -i eth0: '),
    });
  });

  test('kills a command that takes too long, and its children', async () => {
    const shell = sleepingShell('timeout');
    const run = createRunCommand(never, { timeoutMilliseconds: 200 });
    await expect(run('sh', shell.argv)).rejects.toMatchObject({ reason: 'timeout' });
    await vi.waitUntil(() => !isRunning(shell.pid()));
  });

  test('kills what runs when the signal is aborted', async () => {
    const shell = sleepingShell('abort');
    const ending = new AbortController();
    const result = createRunCommand(ending.signal)('sh', shell.argv);
    await vi.waitUntil(() => existsSync(join(folder, 'abort')));
    ending.abort();
    await expect(result).rejects.toMatchObject({ reason: 'failed' });
    await vi.waitUntil(() => !isRunning(shell.pid()));
  });

  test('starts nothing once the signal is aborted', async () => {
    const file = join(folder, 'not-there');
    await expect(
      createRunCommand(AbortSignal.abort())('sh', ['-c', `sleep 1; touch ${file}`]),
    ).rejects.toMatchObject({ reason: 'failed' });
    expect(existsSync(file)).toBe(false);
  });

  test('bounds the output', async () => {
    await expect(
      createRunCommand(never)('sh', [
        '-c',
        'while :; do echo 0123456789012345678901234567890; done',
      ]),
    ).rejects.toMatchObject({
      reason: 'failed',
      message: expect.stringContaining('bytes of output'),
    });
  });
});
