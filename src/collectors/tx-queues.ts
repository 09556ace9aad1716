import { assertSourceError } from '../model/errors.ts';
import { memoizeByObject } from '../model/memoize.ts';
import { parseInteger } from '../parsers/number.ts';
import type { WatchedDevice } from './collector.ts';

/** Returns the paths of an attribute of all transmit queues of a device. @throws {SourceError} when the device is gone. */
export type TxQueueAttributes = (
  device: Pick<WatchedDevice, 'attributeNames'>,
) => readonly string[];

/**
 * Creates the function that lists an attribute of each transmit queue, as sysfs names their directories:
 * `queues/tx-0/tx_timeout`, `queues/tx-1/tx_timeout`, ...
 */
export function createTxQueueAttributes(attribute: string): TxQueueAttributes {
  /** By the names in `queues`, which are the same array while they are cached. */
  const attributesOf = memoizeByObject((names: readonly string[]) =>
    names.filter((name) => name.startsWith('tx-')).map((queue) => `queues/${queue}/${attribute}`),
  );
  return (device) => attributesOf(device.attributeNames('queues'));
}

/**
 * Whether the attribute is above 0 for any queue; false for a driver without byte queue limits.
 *
 * @throws {SourceError} when a queue cannot be read.
 */
export function hasTxBytes(
  device: Pick<WatchedDevice, 'attribute' | 'attributeNames'>,
  attributes: TxQueueAttributes,
): boolean {
  try {
    return attributes(device).some((attribute) => parseInteger(device.attribute(attribute)) > 0);
  } catch (error) {
    assertSourceError(error, 'absent');
    return false;
  }
}
