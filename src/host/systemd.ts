import type { InheritedSocket } from '../config/config.ts';
import { SourceError } from '../model/errors.ts';
import type { RunCommand } from './command.ts';
import type { NotifySocket } from './notify-socket.ts';

/** The number of the first descriptor that systemd passes. */
const firstDescriptor = 3;
/** More sockets than any unit passes. */
const maxSockets = 64;

/** What systemd passed to this process, and how to notify it. */
export interface Systemd {
  /** Listening sockets of a socket unit, in its order. */
  readonly sockets: readonly InheritedSocket[];
  /** The watchdog timeout: systemd terminates a process without a notification for so long; undefined without a watchdog. */
  readonly watchdogMilliseconds: number | undefined;
  /**
   * Notifies systemd that the process is ready or alive; does nothing if systemd did not start it.
   *
   * @throws {SourceError} when the notification failed.
   */
  notify(state: 'READY=1' | 'WATCHDOG=1'): Promise<void>;
}

export interface SystemdOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly notifySocket: NotifySocket | undefined;
  readonly runCommand: RunCommand;
}

/**
 * Reads the environment variables of systemd. Notifications use its socket, or systemd-notify where datagrams cannot be
 * sent.
 *
 * @see sd_listen_fds(3), sd_watchdog_enabled(3), sd_notify(3), systemd-notify(1)
 */
export function createSystemd({ env, pid, notifySocket, runCommand }: SystemdOptions): Systemd {
  const isForUs = (name: string): boolean => env[name] === String(pid);
  const sockets = isForUs('LISTEN_PID') ? countOf(env['LISTEN_FDS'], maxSockets) : 0;
  const watchdogMicroseconds =
    env['WATCHDOG_PID'] === undefined || isForUs('WATCHDOG_PID')
      ? countOf(env['WATCHDOG_USEC'], Number.MAX_SAFE_INTEGER)
      : 0;
  return {
    sockets: Array.from({ length: sockets }, (_, index) => ({
      descriptor: firstDescriptor + index,
    })),
    watchdogMilliseconds: watchdogMicroseconds === 0 ? undefined : watchdogMicroseconds / 1000,
    notify: async (state) => {
      const socket = env['NOTIFY_SOCKET'];
      if (socket === undefined) {
        return;
      }
      if (notifySocket !== undefined) {
        notifySocket(socket, state);
        return;
      }
      const { exitCode, stderr } = await runCommand('systemd-notify', [state]);
      if (exitCode !== 0) {
        throw new SourceError('failed', `systemd-notify ${state}: ${stderr.trim()}`);
      }
    },
  };
}

/** An invalid or too large count is 0: systemd does not send it. */
function countOf(text: string | undefined, max: number): number {
  const count = /^\d+$/.test(text ?? '') ? Number(text) : 0;
  return count <= max ? count : 0;
}
