import type { Config } from '../config/config.ts';
import { ConfigError, SourceError } from '../model/errors.ts';
import { createEthtoolCommandReader } from './ethtool-command.ts';
import { createEthtoolIoctlReader } from './ethtool-ioctl.ts';
import type { DeviceIdentity } from './devices.ts';
import type { EthtoolReader } from './host.ts';
import { openEthtoolIoctl } from './native-ioctl.ts';
import { createRunCommand } from './run-command.ts';

/** Makes a reader for the devices of a host. */
export type CreateEthtoolReader = (identify: (device: string) => DeviceIdentity) => EthtoolReader;

/**
 * Opens the way to ask drivers that was chosen; `auto` is the command.
 *
 * @param signal ends the commands that still run
 * @throws {ConfigError} when the native way was asked for and cannot be had.
 */
export async function openEthtool(
  choice: Config['ethtoolReader'],
  signal: AbortSignal,
): Promise<CreateEthtoolReader> {
  if (choice !== 'ioctl') {
    return () => createEthtoolCommandReader(createRunCommand(signal));
  }
  try {
    const ioctl = await openEthtoolIoctl();
    return (identify) => createEthtoolIoctlReader({ ioctl, identify });
  } catch (error) {
    throw error instanceof SourceError
      ? new ConfigError(`--ethtool.reader: ${error.message}`, { cause: error })
      : error;
  }
}
