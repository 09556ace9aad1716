import { describe, expect, test } from 'vitest';

import { SourceError } from '../model/errors.ts';
import type { CommandResult } from './command.ts';
import { createSystemd } from './systemd.ts';
import type { Systemd } from './systemd.ts';

const pid = 42;
const success: CommandResult = { exitCode: 0, stdout: '', stderr: '' };

/** Systemd with this environment, and the commands it was notified with. */
function systemdOf(
  env: Readonly<Record<string, string>>,
  result: CommandResult = success,
): { readonly systemd: Systemd; readonly commands: readonly string[] } {
  const commands: string[] = [];
  const systemd = createSystemd({
    env,
    pid,
    notifySocket: undefined,
    runCommand: async (file, argv) => {
      commands.push([file, ...argv].join(' '));
      return result;
    },
  });
  return { systemd, commands };
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
    expect(systemdOf(env).systemd.sockets.map(({ descriptor }) => descriptor)).toEqual(descriptors);
  });

  test.each([
    { env: {}, milliseconds: undefined },
    { env: { WATCHDOG_USEC: '60000000' }, milliseconds: 60_000 },
    { env: { WATCHDOG_USEC: '60000000', WATCHDOG_PID: '42' }, milliseconds: 60_000 },
    { env: { WATCHDOG_USEC: '60000000', WATCHDOG_PID: '43' }, milliseconds: undefined },
    { env: { WATCHDOG_USEC: '0' }, milliseconds: undefined },
    { env: { WATCHDOG_USEC: '1e9' }, milliseconds: undefined },
  ])('has the watchdog of $env', ({ env, milliseconds }) => {
    expect(systemdOf(env).systemd.watchdogMilliseconds).toBe(milliseconds);
  });

  test('sends nothing without NOTIFY_SOCKET', async () => {
    const { systemd, commands } = systemdOf({});
    await systemd.notify('READY=1');
    expect(commands).toEqual([]);
  });

  test('notifies with systemd-notify, and reports its errors', async () => {
    const env = { NOTIFY_SOCKET: '/run/systemd/notify' };
    const { systemd, commands } = systemdOf(env);
    await systemd.notify('READY=1');
    await systemd.notify('WATCHDOG=1');
    expect(commands).toEqual(['systemd-notify READY=1', 'systemd-notify WATCHDOG=1']);

    const refused = systemdOf(env, { exitCode: 1, stdout: '', stderr: 'Connection refused\n' });
    await expect(refused.systemd.notify('READY=1')).rejects.toThrow(
      new SourceError('failed', 'systemd-notify READY=1: Connection refused'),
    );
  });
});
