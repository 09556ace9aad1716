import { SourceError } from '../model/errors.ts';
import { parseInteger } from '../parsers/number.ts';
import type { WatchedDevice } from './collector.ts';

/**
 * Says whether a device has carrier: 1 or 0. The attribute has no value while the device is administratively down.
 *
 * @throws {SourceError} when it could not be read.
 */
export function carrierOf(device: Pick<WatchedDevice, 'carrier'>): number {
  try {
    return parseInteger(device.carrier()) === 1 ? 1 : 0;
  } catch (error) {
    if (error instanceof SourceError && error.reason === 'unsupported') {
      return 0;
    }
    throw error;
  }
}
