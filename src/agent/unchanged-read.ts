import { createDeviceMemory } from '../host/device-memory.ts';

/**
 * How long an answer is taken for granted while no change is announced. What was requested of an offload can change
 * without being announced where the driver does not follow, and a device that is stuck announces nothing.
 */
const rememberedMilliseconds = 5000;

/** Reads something of a device. */
type ReadDevice<Value> = (device: string) => Promise<Value>;

/**
 * Reads a device again when a change of it was announced, and else only after a while. `changesOf` tells by a number
 * whether it has changed, or undefined where nobody can tell, and throws of a device that is gone. Failures are not
 * remembered.
 */
export function createUnchangedRead<Value>(
  read: ReadDevice<Value>,
  changesOf: (device: string) => number | undefined,
): ReadDevice<Value> {
  const known = createDeviceMemory<Remembered<Value>>(changesOf);
  return async (device) => {
    // Asked before the device is read: what changes while it is will be read again.
    const changes = changesOf(device);
    const nowMilliseconds = performance.now();
    const before = known.get(device);
    if (
      before !== undefined &&
      changes === before.changes &&
      nowMilliseconds - before.readAtMilliseconds < rememberedMilliseconds
    ) {
      return before.value;
    }
    known.delete(device);
    const value = await read(device);
    if (changes !== undefined) {
      known.set(device, { changes, readAtMilliseconds: nowMilliseconds, value });
    }
    return value;
  };
}

interface Remembered<Value> {
  readonly changes: number;
  readonly readAtMilliseconds: number;
  readonly value: Value;
}
