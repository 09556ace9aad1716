import type { InheritedSocket } from '../config/config.ts';
import { SourceError } from '../model/errors.ts';
import type { RunCommand } from './command.ts';

/** The number of the first descriptor that systemd passes. */
const firstDescriptor = 3;
/** More sockets than anybody listens on. */
const mostSockets = 64;

/** What the service manager that started this process gave it, and how to tell it something. */
export interface ServiceManager {
  /** Listening sockets of a socket unit, in its order. */
  readonly sockets: readonly InheritedSocket[];
  /** It ends a process from which it hears nothing for so long; undefined where it does not. */
  readonly watchdogMilliseconds: number | undefined;
  /**
   * Tells it that the process is ready or alive; does nothing where nobody wants to know.
   *
   * @throws {SourceError} when it could not be told.
   */
  notify(state: 'READY=1' | 'WATCHDOG=1'): Promise<void>;
}

export interface ServiceManagerOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly runCommand: RunCommand;
}

/**
 * Reads what systemd says in the environment. Node has no datagram sockets of the kind it listens on, so it is told
 * through its own command.
 *
 * @see sd_listen_fds(3), sd_watchdog_enabled(3), systemd-notify(1)
 */
export function createServiceManager({
  env,
  pid,
  runCommand,
}: ServiceManagerOptions): ServiceManager {
  const isForUs = (name: string): boolean => env[name] === String(pid);
  const sockets = isForUs('LISTEN_PID') ? countOf(env['LISTEN_FDS'], mostSockets) : 0;
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
      if (env['NOTIFY_SOCKET'] === undefined) {
        return;
      }
      const { exitCode, stderr } = await runCommand('systemd-notify', [state]);
      if (exitCode !== 0) {
        throw new SourceError('failed', `systemd-notify ${state}: ${stderr.trim()}`);
      }
    },
  };
}

/** What is no count, or too large a one, counts as none: no manager that follows the protocol sends it. */
function countOf(text: string | undefined, largest: number): number {
  const count = /^\d+$/.test(text ?? '') ? Number(text) : 0;
  return count <= largest ? count : 0;
}
