import { endianness } from 'node:os';

import type { DriverInfo, Feature, Statistics } from '../model/device.ts';

/** Arguments of SIOCETHTOOL: the socket, the request number, and struct ifreq. @see netdevice(7) */
export const ethtoolCall = {
  addressFamilyInet: 2,
  socketDatagramCloseOnExec: 0o2000002,
  siocEthtool: 0x8946,
  /** IFNAMSIZ; the pointer to the data follows the name. */
  interfaceNameLength: 16,
  /** Size of struct ifreq with 64-bit pointers; it is smaller with 32-bit ones. */
  requestBytes: 40,
} as const;

/** The commands of SIOCETHTOOL that nicwatch uses, all of which only read. @see include/uapi/linux/ethtool.h */
export const ethtoolCommands = {
  driverInfo: 0x0000_0003,
  ringParameters: 0x0000_0010,
  strings: 0x0000_001b,
  statistics: 0x0000_001d,
  stringSetInfo: 0x0000_0037,
  features: 0x0000_003a,
} as const;

/** The string sets of a device. @see enum ethtool_stringset */
export const stringSets = { statistics: 1, features: 4 } as const;

/** Sizes and offsets of the structures, in bytes: the same on every architecture. */
export const ethtoolLayout = {
  stringLength: 32,
  driverInfo: { size: 196, driver: 4, version: 36, firmwareVersion: 68, busAddress: 100 },
  stringSetInfo: { size: 20, mask: 8, counts: 16 },
  strings: { stringSet: 4, count: 8, data: 12 },
  statistics: { count: 4, data: 8 },
  features: { size: 4, blocks: 8, blockSize: 16 },
  featureBlock: { available: 0, requested: 4, active: 8, neverChanged: 12 },
  ringParameters: { size: 36, txPending: 32 },
} as const;

const isLittleEndian = endianness() === 'LE';

/** Reads an unsigned 32-bit value in the machine's byte order. */
export function readU32(buffer: Buffer, offset: number): number {
  return isLittleEndian ? buffer.readUInt32LE(offset) : buffer.readUInt32BE(offset);
}

/** Writes an unsigned 32-bit value in the machine's byte order. */
export function writeU32(buffer: Buffer, offset: number, value: number): void {
  if (isLittleEndian) {
    buffer.writeUInt32LE(value, offset);
  } else {
    buffer.writeUInt32BE(value, offset);
  }
}

/** Reads an unsigned 64-bit value in the machine's byte order. */
export function readU64(buffer: Buffer, offset: number): bigint {
  return isLittleEndian ? buffer.readBigUInt64LE(offset) : buffer.readBigUInt64BE(offset);
}

/** Writes an unsigned 64-bit value in the machine's byte order. */
export function writeU64(buffer: Buffer, offset: number, value: bigint): void {
  if (isLittleEndian) {
    buffer.writeBigUInt64LE(value, offset);
  } else {
    buffer.writeBigUInt64BE(value, offset);
  }
}

/** Reads a fixed-length string: it ends at its first NUL, or fills its field without one. */
export function readString(
  buffer: Buffer,
  offset: number,
  length: number = ethtoolLayout.stringLength,
): string {
  const field = buffer.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? length : end);
}

/** Decodes the result of ETHTOOL_GDRVINFO. Fields that are blank or `N/A` are undefined. */
export function decodeDriverInfo(buffer: Buffer): DriverInfo {
  const { driver, version, firmwareVersion, busAddress } = ethtoolLayout.driverInfo;
  const field = (offset: number): string | undefined => {
    const text = readString(buffer, offset).trim();
    return text === '' || text === 'N/A' ? undefined : text;
  };
  return {
    driver: field(driver),
    version: field(version),
    firmwareVersion: field(firmwareVersion),
    busAddress: field(busAddress),
  };
}

/** Decodes the result of ETHTOOL_GSTRINGS. */
export function decodeStrings(buffer: Buffer): readonly string[] {
  const { count, data } = ethtoolLayout.strings;
  return Array.from({ length: readU32(buffer, count) }, (_, index) =>
    readString(buffer, data + index * ethtoolLayout.stringLength),
  );
}

/** Decodes the values of ETHTOOL_GSTATS, one per name. */
export function decodeStatistics(values: Buffer, names: readonly string[]): Statistics {
  // A copy, because the view needs an aligned buffer.
  return { names, values: new BigUint64Array(Uint8Array.prototype.slice.call(values).buffer) };
}

/** Decodes the features of a device from the result of ETHTOOL_GFEATURES, with the kernel's names. */
export function decodeFeatures(bits: Buffer, names: readonly string[]): readonly Feature[] {
  const { blocks, blockSize } = ethtoolLayout.features;
  const { available, requested, active, neverChanged } = ethtoolLayout.featureBlock;
  return names.map((name, index) => {
    const block = blocks + Math.floor(index / 32) * blockSize;
    const has = (field: number): boolean =>
      ((readU32(bits, block + field) >>> (index % 32)) & 1) === 1;
    const enabled = has(active);
    const fixed = !has(available) || has(neverChanged);
    return { name, enabled, requested: fixed ? enabled : has(requested), fixed };
  });
}
