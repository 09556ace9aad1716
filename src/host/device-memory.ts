/** Below this many devices it is not worth looking who is gone. */
const fewDevices = 64;

/** What is known of devices, by name. */
export interface DeviceMemory<Value> {
  get(device: string): Value | undefined;
  set(device: string, value: Value): void;
  delete(device: string): void;
}

/**
 * Makes a memory that forgets devices that are gone, whenever it has grown to twice of what it held after it last did.
 *
 * @param identify throws of a device that is gone
 */
export function createDeviceMemory<Value>(
  identify: (device: string) => unknown,
): DeviceMemory<Value> {
  const known = new Map<string, Value>();
  let largest = fewDevices;
  return {
    get: (device) => known.get(device),
    set: (device, value) => {
      if (known.size >= largest && !known.has(device)) {
        for (const other of known.keys()) {
          if (isGone(other, identify)) {
            known.delete(other);
          }
        }
        largest = Math.max(fewDevices, 2 * known.size);
      }
      known.set(device, value);
    },
    delete: (device) => {
      known.delete(device);
    },
  };
}

function isGone(device: string, identify: (device: string) => unknown): boolean {
  try {
    identify(device);
    return false;
  } catch {
    return true;
  }
}
