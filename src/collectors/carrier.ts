import { SourceError, assertSourceError } from '../model/errors.ts';
import { parseInteger } from '../parsers/number.ts';
import type { WatchedDevice } from './collector.ts';

/**
 * Returns 1 if the device has carrier, otherwise 0. The attribute has no value while the device is administratively down.
 *
 * @throws {SourceError} when it could not be read.
 */
export function carrierOf(device: Pick<WatchedDevice, 'carrier'>): number {
  try {
    return parseInteger(device.carrier()) === 1 ? 1 : 0;
  } catch (error) {
    assertSourceError(error, 'unsupported');
    return 0;
  }
}

/** Whether a device is administratively down: only then its carrier has no value. False if it cannot be read. */
export function isAdministrativelyDown(device: Pick<WatchedDevice, 'carrier'>): boolean {
  try {
    device.carrier();
    return false;
  } catch (error) {
    return error instanceof SourceError && error.reason === 'unsupported';
  }
}
