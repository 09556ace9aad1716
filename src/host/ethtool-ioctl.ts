import { SourceError } from '../model/errors.ts';
import type { SourceErrorReason } from '../model/errors.ts';
import type { Statistics } from '../model/device.ts';
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
import type { OpenEthtool } from './linux-device.ts';

/**
 * What a call may fill. Kernels write as many strings and values as the device has at that moment, whatever the caller
 * made room for; a device whose queues were reconfigured in between has thousands more. Pages nobody writes to cost
 * nothing.
 */
const arenaBytes = 1024 * 1024;
const statisticBytes = 8;
/** How often names and values are read that do not belong together, before the device is given up for the poll. */
const maxAttempts = 3;

/**
 * Calls SIOCETHTOOL with a request in a buffer the kernel may fill.
 *
 * @returns the name of the errno, or undefined when the call went well.
 */
export type EthtoolIoctl = (rawName: Buffer, request: Buffer) => Promise<string | undefined>;

/** Two names stand for one number in the tables of Linux; either may come. */
const reasons: Readonly<Record<string, SourceErrorReason>> = {
  ENODEV: 'absent',
  EOPNOTSUPP: 'unsupported',
  ENOTSUP: 'unsupported',
  EPERM: 'denied',
  EACCES: 'denied',
};

/** Makes the reads that ask drivers through the kernel's own interface: a thousandth of what starting a command costs. */
export function createEthtoolIoctl(ioctl: EthtoolIoctl): OpenEthtool {
  /** Of calls that have come back; one that has not keeps its own. */
  const arenas: Buffer[] = [];

  return (identity) => {
    const shownName = (): string => JSON.stringify(identity().device.name);
    let statisticNames: readonly string[] | undefined;
    let featureNames: readonly string[] | undefined;
    const statisticsFrom = createChangedDecoder(decodeStatistics);
    const featuresFrom = createChangedDecoder((bits, names) =>
      groupFeatures(decodeFeatures(bits, names)),
    );

    /** Makes one call in an arena of its own, and decodes what it filled in. */
    const call = async <Value>(
      what: string,
      prepare: (arena: Buffer) => void,
      decode: (arena: Buffer) => Value,
    ): Promise<Value> => {
      const arena = arenas.pop() ?? Buffer.allocUnsafeSlow(arenaBytes);
      prepare(arena);
      const error = await ioctl(identity().rawName, arena);
      try {
        if (error !== undefined) {
          throw new SourceError(
            reasons[error] ?? 'failed',
            `cannot read ${what} of ${shownName()}: ${error}`,
          );
        }
        return decode(arena);
      } finally {
        arenas.push(arena);
      }
    };

    /** The kernel has written so many entries; beyond the arena nothing may be read. */
    const checkFits = (count: number, entryBytes: number): void => {
      const max = Math.floor((arenaBytes - ethtoolLayout.strings.data) / entryBytes);
      if (count > max) {
        throw new SourceError(
          'failed',
          `${shownName()} has ${count} entries, more than the ${max} there is room for`,
        );
      }
    };

    /** Undefined where the device has none; empty where their number changed between the two calls. */
    const readNames = async (stringSet: number): Promise<readonly string[] | undefined> => {
      const { mask, counts } = ethtoolLayout.stringSetInfo;
      const count = await call(
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
      checkFits(count, ethtoolLayout.stringLength);
      const layout = ethtoolLayout.strings;
      return call(
        'names',
        (arena) => {
          writeU32(arena, 0, ethtoolCommands.strings);
          writeU32(arena, layout.stringSet, stringSet);
          writeU32(arena, layout.count, count);
        },
        (arena) => {
          checkFits(readU32(arena, layout.count), ethtoolLayout.stringLength);
          return decodeStrings(arena);
        },
      );
    };

    /** Undefined where the device has another number of them by now. */
    const readStatistics = (names: readonly string[]): Promise<Statistics | undefined> =>
      call(
        'statistics',
        (arena) => {
          writeU32(arena, 0, ethtoolCommands.statistics);
          writeU32(arena, ethtoolLayout.statistics.count, names.length);
        },
        (arena) => {
          const { count, data } = ethtoolLayout.statistics;
          checkFits(readU32(arena, count), statisticBytes);
          return readU32(arena, count) === names.length
            ? statisticsFrom(arena.subarray(data, data + names.length * statisticBytes), names)
            : undefined;
        },
      );

    return {
      driverInfo: async () =>
        call(
          'driver information',
          (arena) => {
            arena.fill(0, 0, ethtoolLayout.driverInfo.size);
            writeU32(arena, 0, ethtoolCommands.driverInfo);
          },
          decodeDriverInfo,
        ),
      statistics: async () => {
        for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
          const names = statisticNames ?? (await readNames(stringSets.statistics));
          if (names === undefined) {
            throw new SourceError('unsupported', `${shownName()} has no statistics`);
          }
          const statistics = names.length === 0 ? undefined : await readStatistics(names);
          // Queues were added or taken away: the names are those of another moment.
          statisticNames = statistics?.names;
          if (statistics !== undefined) {
            return statistics;
          }
        }
        throw new SourceError('failed', `statistics of ${shownName()} change all the time`);
      },
      features: async () => {
        const names = featureNames ?? (await readNames(stringSets.features)) ?? [];
        featureNames = names.length === 0 ? undefined : names;
        const { size, blocks: first, blockSize } = ethtoolLayout.features;
        const blocks = Math.ceil(names.length / 32);
        const end = first + blocks * blockSize;
        return call(
          'features',
          (arena) => {
            arena.fill(0, 0, end);
            writeU32(arena, 0, ethtoolCommands.features);
            writeU32(arena, size, blocks);
          },
          (arena) => featuresFrom(arena.subarray(0, end), names),
        );
      },
      txRingSize: async () =>
        call(
          'ring sizes',
          (arena) => {
            arena.fill(0, 0, ethtoolLayout.ringParameters.size);
            writeU32(arena, 0, ethtoolCommands.ringParameters);
          },
          (arena) => readU32(arena, ethtoolLayout.ringParameters.txPending),
        ),
    };
  };
}

/**
 * Makes the function that decodes what a device answered. Most devices answer most of the time what they answered last:
 * then what that was decoded to is given again, the same object.
 */
function createChangedDecoder<Value>(
  decode: (bytes: Buffer, names: readonly string[]) => Value,
): (bytes: Buffer, names: readonly string[]) => Value {
  let last: { names: readonly string[]; bytes: Buffer; value: Value } | undefined;
  return (bytes, names) => {
    if (last?.names !== names || !last.bytes.equals(bytes)) {
      last = { names, bytes: Buffer.from(bytes), value: decode(bytes, names) };
    }
    return last.value;
  };
}
