import { getEventListeners } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import { afterAll, describe, expect, test, vi } from 'vitest';

import { createRunCommand, streamLines } from './command.ts';

const folder = mkdtempSync(join(tmpdir(), 'nicwatch-command-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const never = new AbortController().signal;
const longestLine = 128 * 1024;

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

/** All lines a shell script prints. */
async function linesOf(script: string, signal = never): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const batch of streamLines('sh', ['-c', script], signal)) {
    lines.push(...batch);
  }
  return lines;
}

/** Starts a program and iterates over its batches. */
function started(
  file: string,
  argv: readonly string[],
  signal = never,
): AsyncIterator<readonly string[]> {
  return streamLines(file, argv, signal)[Symbol.asyncIterator]();
}

/** A script that prints one line and then waits for a sleeping grandchild, and who that is. */
function endlessScript(name: string): { readonly script: string; readonly pid: () => string } {
  const file = join(folder, name);
  return {
    script: `sleep 600 & echo $! > ${file}.new; mv ${file}.new ${file}; echo started; wait`,
    pid: () => readFileSync(file, 'utf8').trim(),
  };
}

/** Shell commands that print one line of this many letters. */
function longLine(length: number): string {
  return `head -c ${length} /dev/zero | tr '\\0' x; echo;`;
}

/** Whether a process is still there. One that ended and waits for its parent to notice has no command line. */
function isRunning(pid: string): boolean {
  return existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
}

describe('createRunCommand()', () => {
  test('returns output and exit code', async () => {
    await expect(
      createRunCommand(never)('sh', ['-c', 'echo "out $LC_ALL"; echo err >&2; exit 96']),
    ).resolves.toEqual({ exitCode: 96, stdout: 'out C\n', stderr: 'err\n' });
  });

  test('throws a SourceError if the start fails at once', async () => {
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

  test('reports a missing program', async () => {
    await expect(createRunCommand(never)('no-such-program', ['-i', 'eth0'])).rejects.toMatchObject({
      name: 'SourceError',
      reason: 'failed',
      message: 'no-such-program: not installed, or not on PATH (ENOENT)',
      cause: { code: 'ENOENT' },
    });
  });

  test('reports a program without execute permission', async () => {
    const file = join(folder, 'not-executable');
    writeFileSync(file, '');
    await expect(createRunCommand(never)(file, [])).rejects.toMatchObject({
      name: 'SourceError',
      reason: 'failed',
      message: `${file}: spawn ${file} EACCES`,
      cause: { code: 'EACCES' },
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

  test('ends at once when the signal is aborted while the command is started', async () => {
    const ending = new AbortController();
    const startedAt = performance.now();
    const result = createRunCommand(ending.signal)('sleep', ['5']);
    ending.abort();
    await expect(result).rejects.toMatchObject({
      reason: 'failed',
      message: 'sleep 5: nicwatch is shutting down',
    });
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });

  test('limits the output', async () => {
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

  test('kills a command with too much stderr immediately', async () => {
    const startedAt = performance.now();
    await expect(
      createRunCommand(never)('sh', [
        '-c',
        `trap '' PIPE; head -c 5000000 /dev/zero >&2; exec sleep 600`,
      ]),
    ).rejects.toMatchObject({
      reason: 'failed',
      message: expect.stringContaining('bytes of output'),
    });
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  test('kills the children of a command with too much output', async () => {
    const shell = sleepingShell('too-much');
    await expect(
      createRunCommand(never)('sh', [
        '-c',
        `${shell.argv[1]?.replace('; wait', '') ?? ''}; exec head -c 5000000 /dev/zero`,
      ]),
    ).rejects.toMatchObject({ message: expect.stringContaining('bytes of output') });
    await vi.waitUntil(() => !isRunning(shell.pid()));
  });

  test('returns output up to the limit', async () => {
    const length = 4 * 1024 * 1024;
    const { stdout } = await createRunCommand(never)('head', ['-c', String(length), '/dev/zero']);
    expect(stdout).toHaveLength(length);
  });

  test('finds system tools independently of PATH', async () => {
    const { stdout } = await createRunCommand(never)('sh', ['-c', 'echo "$PATH"']);
    expect(stdout).toBe(`${process.env['PATH']}:/usr/sbin:/sbin\n`);
  });

  test('provides no input', async () => {
    expect(await createRunCommand(never)('cat', [])).toMatchObject({ exitCode: 0, stdout: '' });
  });

  test('kills nothing outside the process group of a command', async () => {
    const ending = new AbortController();
    const one = createRunCommand(ending.signal)('sleep', ['600']);
    const other = createRunCommand(never)('sh', ['-c', 'sleep 0.1; echo alive']);
    await vi.waitUntil(() => getEventListeners(ending.signal, 'abort').length > 0);
    ending.abort();
    await expect(one).rejects.toMatchObject({ reason: 'failed' });
    expect((await other).stdout).toBe('alive\n');
  });

  test('does nothing when the signal is aborted after the end', async () => {
    const ending = new AbortController();
    const kill = vi.spyOn(process, 'kill');
    const run = createRunCommand(ending.signal);
    expect(await run('sh', ['-c', 'exit 3'])).toMatchObject({ exitCode: 3 });
    await expect(run('no-such-program', [])).rejects.toMatchObject({ reason: 'failed' });
    ending.abort();
    expect(kill).not.toHaveBeenCalled();
    kill.mockRestore();
  });

  test('leaves no listener on the signal', async () => {
    const { signal } = new AbortController();
    const command = createRunCommand(signal)('sleep', ['0.2']);
    await vi.waitUntil(() => getEventListeners(signal, 'abort').length > 0);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await command;
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

describe('streamLines()', () => {
  test.each([
    ['nothing', 'true', []],
    ['one line', 'echo one', ['one']],
    ['a last line without newline', "printf 'one\\ntwo'", ['one', 'two']],
    ['no newline at all', 'printf one', ['one']],
    ['empty lines', "printf '\\n\\none\\n\\ntwo\\n\\n'", ['one', 'two']],
    ['a line in two writes', 'printf o; sleep 0.1; echo ne', ['one']],
    [
      'a character in two writes',
      "printf '\\303'; sleep 0.1; printf '\\251\\n'; echo two",
      ['é', 'two'],
    ],
    ['complaints beside lines', 'echo one; echo bad >&2; echo two', ['one', 'two']],
  ])('yields the lines of a program that prints %s', async (_what, script, expected) => {
    expect(await linesOf(script)).toEqual(expected);
  });

  test('yields lines as they arrive', async () => {
    const { script } = endlessScript('as-they-come');
    const lines = started('sh', ['-c', script]);
    expect(await lines.next()).toEqual({ done: false, value: ['started'] });
    await lines.return?.();
  });

  test('passes arguments as they are', async () => {
    const lines = started('printf', ['%s\\n', '$(id)', 'a b']);
    expect((await lines.next()).value).toEqual(['$(id)', 'a b']);
  });

  test.each([
    ['one letter too long', longestLine + 1],
    ['far too long', 10 * longestLine],
  ])('passes over a line that is %s', async (_what, length) => {
    expect(await linesOf(`echo one; ${longLine(length)} echo two`)).toEqual(['one', 'two']);
  });

  test('yields every line after one it skipped', async () => {
    expect(await linesOf(`${longLine(longestLine + 1)} echo two; sleep 0.1; echo three`)).toEqual([
      'two',
      'three',
    ]);
  });

  test('skips a long unterminated line', async () => {
    expect(await linesOf(`echo one; head -c ${3 * longestLine} /dev/zero`)).toEqual(['one']);
  });

  test('yields a line of the maximum length whole', async () => {
    const [line, ...others] = await linesOf(`${longLine(longestLine)} echo two`);
    expect(line).toHaveLength(longestLine);
    expect(others).toEqual(['two']);
  });

  test('yields the lines before an exit code other than 0, then throws with stderr', async () => {
    const lines = started('sh', ['-c', 'echo one; echo "no \\"such\\" boot" >&2; exit 3'], never);
    expect(await lines.next()).toEqual({ done: false, value: ['one'] });
    await expect(lines.next()).rejects.toMatchObject({
      name: 'SourceError',
      reason: 'failed',
      message: String.raw`sh: exit code 3, "no \"such\" boot"`,
    });
  });

  test('limits the stderr it keeps', async () => {
    await expect(linesOf('yes complaint | head -c 1000000 >&2; exit 1')).rejects.toMatchObject({
      message: expect.stringMatching(/^sh: exit code 1, "complaint.{0,200}"$/),
    });
  });

  test('reports that a program was killed', async () => {
    await expect(linesOf('kill -9 $$')).rejects.toMatchObject({
      reason: 'failed',
      message: 'sh: ended by a signal, ""',
    });
  });

  test('reports a missing program', async () => {
    await expect(started('no-such-program', []).next()).rejects.toMatchObject({
      name: 'SourceError',
      reason: 'failed',
      message: 'no-such-program: not installed, or not on PATH (ENOENT)',
      cause: { code: 'ENOENT' },
    });
  });

  test('kills the program and its children when the signal is aborted', async () => {
    const { script, pid } = endlessScript('abort');
    const ending = new AbortController();
    const lines = started('sh', ['-c', script], ending.signal);
    await lines.next();
    expect(isRunning(pid())).toBe(true);
    const next = lines.next();
    const startedAt = performance.now();
    ending.abort();
    expect((await next).done).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(200);
    await vi.waitUntil(() => !isRunning(pid()));
  });

  test('ends when the signal is aborted even if only a grandchild is left', async () => {
    const { script, pid } = endlessScript('grandchild');
    const ending = new AbortController();
    const lines = started('sh', ['-c', script.replace('; wait', '')], ending.signal);
    await lines.next();
    const next = lines.next();
    ending.abort();
    expect((await next).done).toBe(true);
    await vi.waitUntil(() => !isRunning(pid()));
  });

  test('yields nothing if the signal was already aborted', async () => {
    expect(await linesOf('sleep 5; echo one', AbortSignal.abort())).toEqual([]);
  });

  test('yields nothing if the signal is aborted during the start', async () => {
    const ending = new AbortController();
    const startedAt = performance.now();
    const lines = linesOf('sleep 5; echo one', ending.signal);
    ending.abort();
    expect(await lines).toEqual([]);
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });

  test('kills a silent program when the loop is left', async () => {
    const { script, pid } = endlessScript('silent');
    const lines = started('sh', ['-c', `printf x; exec >&-; ${script}`]);
    expect(await lines.next()).toEqual({ done: false, value: ['x'] });
    await vi.waitUntil(() => existsSync(join(folder, 'silent')));
    await lines.return?.();
    await vi.waitUntil(() => !isRunning(pid()));
  });

  test('kills nothing if the program exited by itself', async () => {
    const kill = vi.spyOn(process, 'kill');
    expect(await linesOf('echo one')).toEqual(['one']);
    await expect(linesOf('exit 3')).rejects.toMatchObject({ reason: 'failed' });
    expect(kill).not.toHaveBeenCalled();
    kill.mockRestore();
  });

  test('kills the program when the loop is left', async () => {
    const { script, pid } = endlessScript('left');
    for await (const batch of streamLines('sh', ['-c', script], never)) {
      expect(batch).toEqual(['started']);
      expect(isRunning(pid())).toBe(true);
      break;
    }
    await vi.waitUntil(() => !isRunning(pid()));
  });

  test('kills the program when the loop throws', async () => {
    const { script, pid } = endlessScript('thrown');
    const loop = async (): Promise<void> => {
      for await (const [line] of streamLines('sh', ['-c', script], never)) {
        throw new Error(line);
      }
    };
    await expect(loop()).rejects.toThrow('started');
    await vi.waitUntil(() => !isRunning(pid()));
  });
});
