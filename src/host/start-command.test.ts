import { getEventListeners } from 'node:events';

import { describe, expect, test } from 'vitest';

import { startCommand } from './start-command.ts';

const never = new AbortController().signal;
const kept = { signal: never, keepBytes: 1000 };

describe('startCommand()', () => {
  test('finds the tools of the system whatever the path', async () => {
    const { stdout } = await startCommand('sh', ['-c', 'echo "$PATH"'], kept).ended;
    expect(stdout).toBe(`${process.env['PATH']}:/usr/sbin:/sbin\n`);
  });

  test('gives no input', async () => {
    expect(await startCommand('cat', [], kept).ended).toMatchObject({ exitCode: 0, stdout: '' });
  });

  test('gives the output as it comes where it is not kept', async () => {
    const command = startCommand('sh', ['-c', 'echo early; exec sleep 600'], {
      signal: never,
      keepBytes: undefined,
    });
    const first = await command.stdout?.[Symbol.asyncIterator]().next();
    expect(String(first?.value)).toBe('early\n');
    command.kill();
    expect(await command.ended).toEqual({
      exitCode: undefined,
      stdout: '',
      stderr: '',
      isTooLong: false,
      reason: 'ended by a signal',
    });
  });

  test('makes a process group that kill() does not reach beyond', async () => {
    const one = startCommand('sleep', ['600'], kept);
    const other = startCommand('sh', ['-c', 'sleep 0.1; echo alive'], kept);
    one.kill();
    expect((await one.ended).exitCode).toBe(undefined);
    expect((await other.ended).stdout).toBe('alive\n');
  });

  test('says why there is no exit code, and rejects nothing', async () => {
    expect(await startCommand('no-such-program', [], kept).ended).toMatchObject({
      exitCode: undefined,
      reason: expect.stringContaining('ENOENT'),
    });
  });

  test.each(['sh', 'no-such-program'])('does nothing when kill() comes after %s', async (file) => {
    const command = startCommand(file, ['-c', 'exit 3'], kept);
    const end = await command.ended;
    expect(command.kill).not.toThrow();
    expect(await command.ended).toBe(end);
  });

  test('ends at once when the signal was aborted before', async () => {
    const startedAt = performance.now();
    const command = startCommand('sleep', ['5'], { ...kept, signal: AbortSignal.abort() });
    expect((await command.ended).exitCode).toBe(undefined);
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });

  test('leaves no listener behind, however many commands one signal is for', async () => {
    const { signal } = new AbortController();
    const command = startCommand('true', [], { ...kept, signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await command.ended;
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});
