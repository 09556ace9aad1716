import { closeSync, constants, openSync, readSync } from 'node:fs';

/** The name of a PCI device: domain, bus, slot and function. Other buses have attributes of the same names. */
const pciAddress = /^[\da-f]{4,8}:[\da-f]{2}:[\da-f]{2}\.[0-7]$/;
/** `0x8086` and a line end take seven. */
const maxIdBytes = 16;

/**
 * Reads vendor and device ID of a PCI device, `8086:1572`. The kernel answers from memory.
 *
 * @param path the device's directory in sysfs
 * @returns undefined for a device of another bus, and where an ID cannot be read
 * @see Documentation/ABI/testing/sysfs-bus-pci
 */
export function readPciId(path: Buffer, busAddress: string): string | undefined {
  if (!pciAddress.test(busAddress)) {
    return undefined;
  }
  const vendor = readId(Buffer.concat([path, Buffer.from('/vendor')]));
  const device = readId(Buffer.concat([path, Buffer.from('/device')]));
  return vendor === undefined || device === undefined ? undefined : `${vendor}:${device}`;
}

/** The four digits of a file that says `0x8086`; undefined where it cannot be read or says anything else. */
function readId(path: Buffer): string | undefined {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const bytes = Buffer.alloc(maxIdBytes);
      const length = readSync(file, bytes, 0, maxIdBytes, 0);
      const text = bytes.toString('latin1', 0, length);
      return /^0x([\da-f]{4})\n?$/i.exec(text)?.[1]?.toLowerCase();
    } finally {
      closeSync(file);
    }
  } catch {
    // A label more or less must not cost the device.
    return undefined;
  }
}
