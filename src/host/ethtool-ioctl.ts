import { SourceError } from '../model/errors.ts';
import type { SourceErrorReason } from '../model/errors.ts';
import type { Statistic } from '../model/statistic.ts';
import {
  decodeDriverInfo,
  decodeFeatures,
  decodeStatistics,
  decodeStrings,
  ethtoolCommands,
  ethtoolLayout,
  readU32,
  readU64,
  stringSets,
  writeU32,
  writeU64,
} from '../parsers/ethtool-structs.ts';
import { groupFeatures } from '../parsers/feature-groups.ts';
import { createDecodeChanged } from './decode-changed.ts';
import { createDeviceMemory } from './device-memory.ts';
import type { DeviceMemory } from './device-memory.ts';
import type { DeviceIdentity } from './devices.ts';
import type { EthtoolReader } from './host.ts';

/**
 * What a call may fill. Kernels write as many strings and values as the device has at that moment, whatever the caller
 * made room for; a device whose queues were reconfigured in between has thousands more. Pages nobody writes to cost
 * nothing.
 */
const arenaBytes = 1024 * 1024;
const statisticBytes = 8;

/**
 * Calls SIOCETHTOOL with a request in a buffer the kernel may fill.
 *
 * @returns the name of the errno, or undefined when the call went well.
 */
export type EthtoolIoctl = (rawName: Buffer, request: Buffer) => Promise<string | undefined>;

export interface EthtoolIoctlOptions {
  readonly ioctl: EthtoolIoctl;
  /** @throws {SourceError} `absent` for a device nobody has heard of. */
  readonly identify: (device: string) => DeviceIdentity;
}

/** Two names stand for one number in the tables of Linux; either may come. */
const reasons: Readonly<Record<string, SourceErrorReason>> = {
  ENODEV: 'absent',
  EOPNOTSUPP: 'unsupported',
  ENOTSUP: 'unsupported',
  EPERM: 'denied',
  EACCES: 'denied',
};

/** Names of a device's statistics or features, valid for as long as the device is the same. */
interface NameTable {
  readonly interfaceIndex: number;
  readonly names: readonly string[];
}

/** Asks drivers through the kernel's own interface: a thousandth of what starting a command costs. */
export function createEthtoolIoctlReader({ ioctl, identify }: EthtoolIoctlOptions): EthtoolReader {
  const arenas: Buffer[] = [];
  const statisticNames = createDeviceMemory<NameTable>(identify);
  const featureNames = createDeviceMemory<NameTable>(identify);
  const statisticsFrom = createDecodeChanged(decodeStatistics, identify);
  const featuresFrom = createDecodeChanged(
    (bits, names) => groupFeatures(decodeFeatures(bits, names)),
    identify,
  );

  /** Makes one call in an arena of its own, and decodes what it filled in. */
  const call = async <Value>(
    device: string,
    what: string,
    prepare: (arena: Buffer) => void,
    decode: (arena: Buffer) => Value,
  ): Promise<Value> => {
    const arena = arenas.pop() ?? Buffer.allocUnsafeSlow(arenaBytes);
    prepare(arena);
    const error = await ioctl(identify(device).rawName, arena);
    try {
      if (error !== undefined) {
        throw new SourceError(
          reasons[error] ?? 'failed',
          `cannot read ${what} of ${JSON.stringify(device)}: ${error}`,
        );
      }
      return decode(arena);
    } finally {
      arenas.push(arena);
    }
  };

  /** Undefined where the device has none; empty where their number changed between the two calls. */
  const readNames = async (
    device: string,
    stringSet: number,
  ): Promise<readonly string[] | undefined> => {
    const { mask, counts } = ethtoolLayout.stringSetInfo;
    const count = await call(
      device,
      'the number of names',
      (arena) => {
        writeU32(arena, 0, ethtoolCommands.stringSetInfo);
        writeU32(arena, 4, 0);
        writeU64(arena, mask, 1n << BigInt(stringSet));
      },
      // The kernel clears the bit of a set the device does not have.
      (arena) => (readU64(arena, mask) === 0n ? 0 : readU32(arena, counts)),
    );
    if (count === 0) {
      return undefined;
    }
    checkFits(device, count, ethtoolLayout.stringLength);
    const layout = ethtoolLayout.strings;
    return call(
      device,
      'names',
      (arena) => {
        writeU32(arena, 0, ethtoolCommands.strings);
        writeU32(arena, layout.stringSet, stringSet);
        writeU32(arena, layout.count, count);
      },
      (arena) => {
        checkFits(device, readU32(arena, layout.count), ethtoolLayout.stringLength);
        return decodeStrings(arena);
      },
    );
  };

  const namesOf = async (
    tables: DeviceMemory<NameTable>,
    device: string,
    stringSet: number,
  ): Promise<readonly string[] | undefined> => {
    const { interfaceIndex } = identify(device);
    const known = tables.get(device);
    if (known?.interfaceIndex === interfaceIndex) {
      return known.names;
    }
    const names = await readNames(device, stringSet);
    if (names === undefined || names.length === 0) {
      return names;
    }
    tables.set(device, { interfaceIndex, names });
    return names;
  };

  /** Undefined where the device has another number of them by now. */
  const readStatistics = async (
    device: string,
    names: readonly string[],
  ): Promise<readonly Statistic[] | undefined> =>
    call(
      device,
      'statistics',
      (arena) => {
        writeU32(arena, 0, ethtoolCommands.statistics);
        writeU32(arena, ethtoolLayout.statistics.count, names.length);
      },
      (arena) => {
        const { count, data } = ethtoolLayout.statistics;
        checkFits(device, readU32(arena, count), statisticBytes);
        const bytes = arena.subarray(data, data + names.length * statisticBytes);
        return readU32(arena, count) === names.length
          ? statisticsFrom(device, bytes, names)
          : undefined;
      },
    );

  return {
    kind: 'ioctl',
    driverInfo: async (device) =>
      call(
        device,
        'driver information',
        (arena) => {
          arena.fill(0, 0, ethtoolLayout.driverInfo.size);
          writeU32(arena, 0, ethtoolCommands.driverInfo);
        },
        decodeDriverInfo,
      ),
    statistics: async (device) => {
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const names = await namesOf(statisticNames, device, stringSets.statistics);
        if (names === undefined) {
          throw new SourceError('unsupported', `${JSON.stringify(device)} has no statistics`);
        }
        const statistics = await readStatistics(device, names);
        if (statistics !== undefined) {
          return statistics;
        }
        // Queues were added or taken away: the names are those of another moment.
        statisticNames.delete(device);
      }
      throw new SourceError(
        'failed',
        `statistics of ${JSON.stringify(device)} change all the time`,
      );
    },
    features: async (device) => {
      const names = (await namesOf(featureNames, device, stringSets.features)) ?? [];
      const blocks = Math.ceil(names.length / 32);
      return call(
        device,
        'features',
        (arena) => {
          const { size, blocks: first, blockSize } = ethtoolLayout.features;
          arena.fill(0, 0, first + blocks * blockSize);
          writeU32(arena, 0, ethtoolCommands.features);
          writeU32(arena, size, blocks);
        },
        (arena) => {
          const { blocks: first, blockSize } = ethtoolLayout.features;
          return featuresFrom(device, arena.subarray(0, first + blocks * blockSize), names);
        },
      );
    },
    txRingSize: async (device) =>
      call(
        device,
        'ring sizes',
        (arena) => {
          arena.fill(0, 0, ethtoolLayout.ringParameters.size);
          writeU32(arena, 0, ethtoolCommands.ringParameters);
        },
        (arena) => readU32(arena, ethtoolLayout.ringParameters.txPending),
      ),
  };
}

/** The kernel has written so many entries; beyond the arena nothing may be read. */
function checkFits(device: string, count: number, entryBytes: number): void {
  const largest = Math.floor((arenaBytes - ethtoolLayout.strings.data) / entryBytes);
  if (count > largest) {
    throw new SourceError(
      'failed',
      `${JSON.stringify(device)} has ${count} entries, more than the ${largest} there is room for`,
    );
  }
}
