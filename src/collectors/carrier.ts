import type { Host } from '../host/host.ts';
import { SourceError } from '../model/errors.ts';
import { parseInteger } from '../parsers/number.ts';

/**
 * Reads whether a device has carrier: 1 or 0. The attribute has no value while the device is administratively down.
 *
 * @throws {SourceError} when it cannot be read.
 */
export async function readCarrier(host: Host, device: string): Promise<number> {
  try {
    return parseInteger(await host.readFile(`/sys/class/net/${device}/carrier`)) === 1 ? 1 : 0;
  } catch (error) {
    if (error instanceof SourceError && error.reason === 'unsupported') {
      return 0;
    }
    throw error;
  }
}
