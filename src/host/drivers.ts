import type { Config } from '../config/config.ts';
import { ConfigError, SourceError, assertSourceError } from '../model/errors.ts';
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

/** A smaller pool has no thread to spare for poll(2). */
const minWaitThreads = 5;

/** The interfaces to the kernel and to drivers that are available. */
export interface Drivers {
  readonly reader: Host['ethtoolReader'];
  readonly openEthtool: OpenEthtool;
  /** Undefined if changes are not announced. */
  readonly linkAnnouncements: LinkAnnouncements | undefined;
  /** Undefined if systemd is notified with systemd-notify. */
  readonly notifySocket: NotifySocket | undefined;
  /** Undefined if poll(2) is not available: the kernel log is read at intervals. */
  readonly waitReadable: WaitReadable | undefined;
  /** Undefined if packets cannot be sampled. */
  readonly openPacketSocket: Host['openPacketSocket'];
  readonly lockDirectory: LockDirectory;
  /** See {@link Libc.exit}; undefined if the C library cannot be called. */
  readonly exit: Libc['exit'] | undefined;
  /** Why some of these are not available. */
  readonly problems: readonly SourceError[];
}

export interface OpenDriversOptions {
  /** Terminates running commands. */
  readonly signal: AbortSignal;
  readonly open?: () => Promise<Libc>;
}

/**
 * Opens the chosen interface to drivers: `auto` is the ioctl if it is available, otherwise the ethtool command.
 *
 * @throws {ConfigError} when the ioctl was chosen and is not available.
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
    assertSourceError(error);
    if (choice === 'ioctl') {
      throw new ConfigError(`--ethtool.reader: ${error.message}`, { cause: error });
    }
    // If the command was chosen, koffi is not missed.
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
    assertSourceError(error);
    return { linkAnnouncements: undefined, problems: [error] };
  }
}
