import type { Config } from '../config/config.ts';
import { ConfigError, SourceError } from '../model/errors.ts';
import type { DeviceIdentity } from './devices.ts';
import { createEthtoolCommandReader } from './ethtool-command.ts';
import { createEthtoolIoctlReader } from './ethtool-ioctl.ts';
import type { EthtoolReader } from './host.ts';
import { openLibc } from './libc.ts';
import type { Libc } from './libc.ts';
import { openLinkAnnouncements } from './link-announcements.ts';
import type { LinkAnnouncements } from './link-announcements.ts';
import { openEthtoolIoctl } from './native-ioctl.ts';
import { createRunCommand } from './run-command.ts';

/** How drivers are asked, and what they announce of themselves. */
export interface Drivers {
  readonly createEthtoolReader: (identify: (device: string) => DeviceIdentity) => EthtoolReader;
  /** Undefined where changes are not announced, and everything is read anew each time. */
  readonly linkAnnouncements: LinkAnnouncements | undefined;
  /** See {@link Libc.exitIfWaiting}; undefined where there are no such calls. */
  readonly exitIfWaiting: Libc['exitIfWaiting'] | undefined;
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
  const byCommand: Drivers = {
    createEthtoolReader: () => createEthtoolCommandReader(createRunCommand(signal)),
    linkAnnouncements: undefined,
    exitIfWaiting: undefined,
    problems: [],
  };
  if (choice === 'command') {
    return byCommand;
  }
  try {
    return openNative(await open());
  } catch (error) {
    if (!(error instanceof SourceError)) {
      throw error;
    }
    if (choice === 'ioctl') {
      throw new ConfigError(`--ethtool.reader: ${error.message}`, { cause: error });
    }
    return { ...byCommand, problems: [error] };
  }
}

function openNative(libc: Libc): Drivers {
  const ioctl = openEthtoolIoctl(libc);
  const native: Drivers = {
    createEthtoolReader: (identify) => createEthtoolIoctlReader({ ioctl, identify }),
    linkAnnouncements: undefined,
    exitIfWaiting: libc.exitIfWaiting,
    problems: [],
  };
  try {
    return { ...native, linkAnnouncements: openLinkAnnouncements(libc) };
  } catch (error) {
    if (!(error instanceof SourceError)) {
      throw error;
    }
    return { ...native, problems: [error] };
  }
}
