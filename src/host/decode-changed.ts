import { createDeviceMemory } from './device-memory.ts';

/** What a device answered last: the names it was decoded with, the bytes, and what they were decoded to. */
interface Last<Value> {
  readonly names: readonly string[];
  readonly bytes: Buffer;
  readonly value: Value;
}

/**
 * Makes the function that decodes what a device answered. Most devices answer most of the time what they answered before:
 * then what it was decoded to is given again, the same object.
 *
 * @param identify throws of a device that is gone
 */
export function createDecodeChanged<Value>(
  decode: (bytes: Buffer, names: readonly string[]) => Value,
  identify: (device: string) => unknown,
): (device: string, bytes: Buffer, names: readonly string[]) => Value {
  const last = createDeviceMemory<Last<Value>>(identify);
  return (device, bytes, names) => {
    const before = last.get(device);
    if (before?.names === names && before.bytes.equals(bytes)) {
      return before.value;
    }
    const value = decode(bytes, names);
    last.set(device, { names, bytes: Buffer.from(bytes), value });
    return value;
  };
}
