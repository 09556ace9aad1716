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
 * Size of the buffer of a call. Kernels write as many strings and values as the device has at that time, whatever the
 * caller allocated; a device whose queues were reconfigured meanwhile has thousands more. Untouched pages cost nothing.
 */
const arenaBytes = 1024 * 1024;
const statisticBytes = 8;
/** Attempts to read names and values that match, before the read fails. */
const maxAttempts = 3;

/**
 * Calls SIOCETHTOOL with a request in a buffer the kernel may fill.
 *
 * @returns the name of the errno, or undefined on success.
 */
export type EthtoolIoctl = (rawName: Buffer, request: Buffer) => Promise<string | undefined>;

/** Linux has two names for one of the numbers; either may be returned. */
const reasons: Readonly<Record<string, SourceErrorReason>> = {
  ENODEV: 'absent',
  EOPNOTSUPP: 'unsupported',
  ENOTSUP: 'unsupported',
  EPERM: 'denied',
  EACCES: 'denied',
};

/** Creates the reads by ioctl, which cost a thousandth of a command. */
export function createEthtoolIoctl(ioctl: EthtoolIoctl): OpenEthtool {
  /** A pool of the arenas of completed calls; a call in flight keeps its own. */
  const arenas: Buffer[] = [];

  return (identity) => {
    const shownName = (): string => JSON.stringify(identity().device.name);
    let statisticNames: readonly string[] | undefined;
    let featureNames: readonly string[] | undefined;
    const statisticsFrom = createCachedDecoder(decodeStatistics);
    const featuresFrom = createCachedDecoder((bits, names) =>
      groupFeatures(decodeFeatures(bits, names)),
    );

    /** Makes one call in an arena of its own, and decodes the result. */
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

    /** Guards against reading beyond the arena. */
    const checkFits = (count: number, entryBytes: number): void => {
      const max = Math.floor((arenaBytes - ethtoolLayout.strings.data) / entryBytes);
      if (count > max) {
        throw new SourceError(
          'failed',
          `${shownName()} has ${count} entries, more than the maximum of ${max}`,
        );
      }
    };

    /** Undefined if the device has none; empty if their number changed between the two calls. */
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

    /** Undefined if their number has changed since the names were read. */
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
          // Queues were added or removed: the names are outdated.
          statisticNames = statistics?.names;
          if (statistics !== undefined) {
            return statistics;
          }
        }
        throw new SourceError('failed', `statistics of ${shownName()} keep changing`);
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
 * Creates a decoder that returns the same object while bytes and names are the same, as they usually are between polls.
 */
function createCachedDecoder<Value>(
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
