import { describe, expect, test } from 'vitest';

import { SourceError } from '../model/errors.ts';
import type { CommandResult } from './command.ts';
import { createSystemd } from './systemd.ts';
import type { Systemd } from './systemd.ts';

const pid = 42;
const told: CommandResult = { exitCode: 0, stdout: '', stderr: '' };

/** A manager that said this in the environment, and the commands it was told something with. */
function managerOf(
  env: Readonly<Record<string, string>>,
  result: CommandResult = told,
): { readonly manager: Systemd; readonly commands: readonly string[] } {
  const commands: string[] = [];
  const manager = createSystemd({
    env,
    pid,
    notifySocket: undefined,
    runCommand: async (file, argv) => {
      commands.push([file, ...argv].join(' '));
      return result;
    },
  });
  return { manager, commands };
}

describe('createSystemd()', () => {
  test.each([
    { env: {}, descriptors: [] },
    { env: { LISTEN_PID: '42', LISTEN_FDS: '1' }, descriptors: [3] },
    { env: { LISTEN_PID: '42', LISTEN_FDS: '3' }, descriptors: [3, 4, 5] },
    { env: { LISTEN_PID: '43', LISTEN_FDS: '1' }, descriptors: [] },
    { env: { LISTEN_FDS: '1' }, descriptors: [] },
    { env: { LISTEN_PID: '42' }, descriptors: [] },
    { env: { LISTEN_PID: '42', LISTEN_FDS: '-1' }, descriptors: [] },
    { env: { LISTEN_PID: '42', LISTEN_FDS: 'one' }, descriptors: [] },
    { env: { LISTEN_PID: '42', LISTEN_FDS: '65' }, descriptors: [] },
  ])('has the sockets of $env', ({ env, descriptors }) => {
    expect(managerOf(env).manager.sockets.map(({ descriptor }) => descriptor)).toEqual(descriptors);
  });

  test.each([
    { env: {}, milliseconds: undefined },
    { env: { WATCHDOG_USEC: '60000000' }, milliseconds: 60_000 },
    { env: { WATCHDOG_USEC: '60000000', WATCHDOG_PID: '42' }, milliseconds: 60_000 },
    { env: { WATCHDOG_USEC: '60000000', WATCHDOG_PID: '43' }, milliseconds: undefined },
    { env: { WATCHDOG_USEC: '0' }, milliseconds: undefined },
    { env: { WATCHDOG_USEC: '1e9' }, milliseconds: undefined },
  ])('has the watchdog of $env', ({ env, milliseconds }) => {
    expect(managerOf(env).manager.watchdogMilliseconds).toBe(milliseconds);
  });

  test('tells nobody where nobody listens', async () => {
    const { manager, commands } = managerOf({});
    await manager.notify('READY=1');
    expect(commands).toEqual([]);
  });

  test('tells through the command of systemd, and what that complains of', async () => {
    const env = { NOTIFY_SOCKET: '/run/systemd/notify' };
    const { manager, commands } = managerOf(env);
    await manager.notify('READY=1');
    await manager.notify('WATCHDOG=1');
    expect(commands).toEqual(['systemd-notify READY=1', 'systemd-notify WATCHDOG=1']);

    const refused = managerOf(env, { exitCode: 1, stdout: '', stderr: 'Connection refused\n' });
    await expect(refused.manager.notify('READY=1')).rejects.toThrow(
      new SourceError('failed', 'systemd-notify READY=1: Connection refused'),
    );
  });
});
