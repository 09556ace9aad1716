import { SourceError } from '../model/errors.ts';
import type { Device } from '../model/device.ts';

/** A device whose driver's devices can be listed. */
export interface DriverDevice extends Device {
  readonly attributeNames?: (directory: string) => readonly string[];
}

/** Tells the devices in a driver's directory from files like `bind`. */
const pciAddressPattern = /^[\da-f]{4,}:[\da-f]{2}:[\da-f]{2}\.[0-7]$/;

/**
 * Returns the only device of a driver on this machine; undefined if it has none or several. The driver's directory in
 * sysfs also lists devices moved into other network namespaces.
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
