import type { Host } from '../host/host.ts';

/**
 * The transmit queues of a device as sysfs names their directories: `tx-0`, `tx-1`, ...
 *
 * @throws {SourceError} when the device is gone.
 */
export function txQueues(host: Host, device: string): readonly string[] {
  return host.listAttributes(device, 'queues').filter((entry) => entry.startsWith('tx-'));
}
