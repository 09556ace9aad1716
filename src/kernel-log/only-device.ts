import { SourceError } from '../model/errors.ts';
import type { Device } from '../model/device.ts';

/** A device whose driver may be asked which devices it has. */
export interface DriverDevice extends Device {
  readonly attributeNames?: (directory: string) => readonly string[];
}

/** In the directory of a driver stand its devices by their addresses, and files like `bind`. */
const pciAddressPattern = /^[\da-f]{4,}:[\da-f]{2}:[\da-f]{2}\.[0-7]$/;

/**
 * Gives the only device of a driver on this machine; undefined where it has none or several. The driver's directory in
 * sysfs also lists devices that were moved into other network namespaces.
 */
export function onlyDeviceOf<Candidate extends DriverDevice>(
  driver: string,
  devices: readonly Candidate[],
): Candidate | undefined {
  const [device, ...others] = devices.filter((candidate) => candidate.driver === driver);
  return device !== undefined && others.length === 0 && !hasSiblings(device) ? device : undefined;
}

function hasSiblings({ attributeNames }: DriverDevice): boolean {
  try {
    const names = attributeNames?.('device/driver') ?? [];
    return names.filter((name) => pciAddressPattern.test(name)).length > 1;
  } catch (error) {
    if (error instanceof SourceError) {
      return false;
    }
    throw error;
  }
}
