import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test, vi } from 'vitest';

import { streamLines } from './stream-lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'nicwatch-stream-lines-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const never = new AbortController().signal;
const longestLine = 128 * 1024;

/** All lines a shell script prints. */
async function linesOf(script: string, signal = never): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const batch of streamLines('sh', ['-c', script], signal)) {
    lines.push(...batch);
  }
  return lines;
}

/** Starts a program, to be asked for one batch after the other. */
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

/** Whether a process is still there. One that ended and waits for its parent to notice has no command line. */
function isRunning(pid: string): boolean {
  return existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
}

/** Shell commands that print one line of this many letters. */
function longLine(length: number): string {
  return `head -c ${length} /dev/zero | tr '\\0' x; echo;`;
}

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
  ])('gives the lines of a program that prints %s', async (_what, script, expected) => {
    expect(await linesOf(script)).toEqual(expected);
  });

  test('gives lines as they come, not at the end', async () => {
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

  test('gives every line behind one it passed over', async () => {
    expect(await linesOf(`${longLine(longestLine + 1)} echo two; sleep 0.1; echo three`)).toEqual([
      'two',
      'three',
    ]);
  });

  test('passes over a long line without end', async () => {
    expect(await linesOf(`echo one; head -c ${3 * longestLine} /dev/zero`)).toEqual(['one']);
  });

  test('gives the longest line whole', async () => {
    const [line, ...others] = await linesOf(`${longLine(longestLine)} echo two`);
    expect(line).toHaveLength(longestLine);
    expect(others).toEqual(['two']);
  });

  test('gives what came before an exit code other than 0, then says what the program said', async () => {
    const lines = started('sh', ['-c', 'echo one; echo "no \\"such\\" boot" >&2; exit 3'], never);
    expect(await lines.next()).toEqual({ done: false, value: ['one'] });
    await expect(lines.next()).rejects.toMatchObject({
      name: 'SourceError',
      reason: 'failed',
      message: String.raw`sh: exit code 3, "no \"such\" boot"`,
    });
  });

  test('bounds what it keeps of complaints', async () => {
    await expect(linesOf('yes complaint | head -c 1000000 >&2; exit 1')).rejects.toMatchObject({
      message: expect.stringMatching(/^sh: exit code 1, "complaint.{0,200}"$/),
    });
  });

  test('says that a program was killed', async () => {
    await expect(linesOf('kill -9 $$')).rejects.toMatchObject({
      reason: 'failed',
      message: 'sh: ended by a signal, ""',
    });
  });

  test('says that a program is not there', async () => {
    await expect(started('no-such-program', []).next()).rejects.toMatchObject({
      name: 'SourceError',
      reason: 'failed',
      message: expect.stringMatching(/^no-such-program: .*ENOENT/),
    });
  });

  test('ends when the signal is aborted, with all the program has started', async () => {
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

  test('ends when the signal is aborted though only a grandchild is left', async () => {
    const { script, pid } = endlessScript('grandchild');
    const ending = new AbortController();
    const lines = started('sh', ['-c', script.replace('; wait', '')], ending.signal);
    await lines.next();
    const next = lines.next();
    ending.abort();
    expect((await next).done).toBe(true);
    await vi.waitUntil(() => !isRunning(pid()));
  });

  test('gives nothing where the signal was aborted before', async () => {
    expect(await linesOf('sleep 5; echo one', AbortSignal.abort())).toEqual([]);
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
