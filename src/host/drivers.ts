import type { Config } from '../config/config.ts';
import { ConfigError, SourceError } from '../model/errors.ts';
import { createRunCommand } from './command.ts';
import { createDirectoryLock } from './directory-lock.ts';
import type { LockDirectory } from './directory-lock.ts';
import { createEthtoolCommand } from './ethtool-command.ts';
import { createEthtoolIoctl } from './ethtool-ioctl.ts';
import type { Host } from './host.ts';
import { openLibc } from './libc.ts';
import type { Libc } from './libc.ts';
import type { OpenEthtool } from './linux-device.ts';
import { openLinkAnnouncements } from './link-announcements.ts';
import type { LinkAnnouncements } from './link-announcements.ts';
import { openEthtoolIoctl } from './native-ioctl.ts';
import { createPacketSockets } from './packet-socket.ts';
import { createNotifySocket } from './notify-socket.ts';
import type { NotifySocket } from './notify-socket.ts';
import { threadPoolSize } from './runtime.ts';
import { createWaitReadable } from './wait-readable.ts';
import type { WaitReadable } from './wait-readable.ts';

/** A pool of fewer threads is left to calls of drivers, locked attributes and files. */
const minWaitThreads = 5;

/** How drivers are asked, and what they announce of themselves. */
export interface Drivers {
  readonly reader: Host['ethtoolReader'];
  readonly openEthtool: OpenEthtool;
  /** Undefined where changes are not announced, and everything is read anew each time. */
  readonly linkAnnouncements: LinkAnnouncements | undefined;
  /** Undefined where systemd is notified with its own command. */
  readonly notifySocket: NotifySocket | undefined;
  /** Undefined where poll(2) is not available, and the kernel log is read at intervals. */
  readonly waitReadable: WaitReadable | undefined;
  /** Undefined where packets cannot be sampled. */
  readonly openPacketSocket: Host['openPacketSocket'];
  readonly lockDirectory: LockDirectory;
  /** See {@link Libc.exit}; undefined where the C library cannot be called. */
  readonly exit: Libc['exit'] | undefined;
  /** What could not be had, and is done without. */
  readonly problems: readonly SourceError[];
}

export interface OpenDriversOptions {
  /** Ends the commands that still run. */
  readonly signal: AbortSignal;
  readonly open?: () => Promise<Libc>;
}

/**
 * Opens the way to ask drivers that was chosen; `auto` is the kernel's own interface where it can be called, and the
 * ethtool command elsewhere.
 *
 * @throws {ConfigError} when the kernel's interface was asked for and cannot be had.
 */
export async function openDrivers(
  choice: Config['ethtoolReader'],
  { signal, open = openLibc }: OpenDriversOptions,
): Promise<Drivers> {
  let drivers: Drivers = {
    reader: 'command',
    openEthtool: createEthtoolCommand(createRunCommand(signal)),
    linkAnnouncements: undefined,
    notifySocket: undefined,
    waitReadable: undefined,
    openPacketSocket: undefined,
    lockDirectory: createDirectoryLock(undefined),
    exit: undefined,
    problems: [],
  };
  try {
    const libc = await open();
    drivers = {
      ...drivers,
      notifySocket: createNotifySocket(libc),
      waitReadable: threadPoolSize() < minWaitThreads ? undefined : createWaitReadable(libc),
      openPacketSocket: createPacketSockets(libc),
      lockDirectory: createDirectoryLock(libc),
      exit: libc.exit,
    };
    return choice === 'command'
      ? drivers
      : {
          ...drivers,
          reader: 'ioctl',
          openEthtool: createEthtoolIoctl(openEthtoolIoctl(libc)),
          ...announcementsOf(libc),
        };
  } catch (error) {
    if (!(error instanceof SourceError)) {
      throw error;
    }
    if (choice === 'ioctl') {
      throw new ConfigError(`--ethtool.reader: ${error.message}`, { cause: error });
    }
    // The command was asked for: nothing is read in another way than that.
    return { ...drivers, problems: choice === 'command' ? [] : [readByCommand(error)] };
  }
}

function readByCommand(error: SourceError): SourceError {
  return new SourceError(
    error.reason,
    `--ethtool.reader: the ethtool command reads the devices, which costs more: ${error.message}; expected the package koffi beside nicwatch`,
    { cause: error },
  );
}

function announcementsOf(libc: Libc): Pick<Drivers, 'linkAnnouncements' | 'problems'> {
  try {
    return { linkAnnouncements: openLinkAnnouncements(libc), problems: [] };
  } catch (error) {
    if (!(error instanceof SourceError)) {
      throw error;
    }
    return { linkAnnouncements: undefined, problems: [error] };
  }
}
