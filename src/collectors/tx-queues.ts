import { SourceError } from '../model/errors.ts';
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
  const cache = new WeakMap<readonly string[], readonly string[]>();
  return (device) => {
    const names = device.attributeNames('queues');
    const attributes =
      cache.get(names) ??
      names.filter((name) => name.startsWith('tx-')).map((queue) => `queues/${queue}/${attribute}`);
    cache.set(names, attributes);
    return attributes;
  };
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
    if (error instanceof SourceError && error.reason === 'absent') {
      return false;
    }
    throw error;
  }
}
