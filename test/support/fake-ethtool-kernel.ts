import { createEthtoolIoctl } from '../../src/host/ethtool-ioctl.ts';
import type { EthtoolIoctl } from '../../src/host/ethtool-ioctl.ts';
import type { EthtoolReads } from '../../src/host/host.ts';
import type { DeviceIdentity } from '../../src/host/linux-device.ts';
import type { DriverInfo, Feature, Statistic } from '../../src/model/device.ts';
import {
  ethtoolCommands,
  ethtoolLayout,
  readU32,
  readU64,
  stringSets,
  writeU32,
  writeU64,
} from '../../src/parsers/ethtool-structs.ts';
import { statisticList } from './statistics.ts';

type EthtoolCommand = keyof typeof ethtoolCommands;

/** A device as its driver describes it; undefined is what the driver does not have. */
export interface FakeDevice {
  readonly interfaceIndex: number;
  /** Each is as long as the driver says, up to 32 bytes, one of each character. */
  readonly driverInfo?: Readonly<Record<'driver' | 'version' | 'firmware' | 'bus', string>>;
  readonly statistics?: FakeStatistics;
  readonly features?: readonly FakeFeature[];
  readonly txRingSize?: number;
  /** What every call ends with. */
  readonly error?: string;
}

/** Names, and values of 64 bits. */
export type FakeStatistics = readonly (readonly [name: string, value: bigint])[];

/** A feature's name, and the letters of its bits: available, requested, active, never changed. */
export type FakeFeature = readonly [name: string, bits: string];

interface FakeKernelOptions {
  /** Kernels of 2026 and later fill in nothing where the caller expects another number of entries. */
  readonly checksCounts?: boolean;
}

interface FakeKernel {
  readonly ioctl: EthtoolIoctl;
  readonly devices: Map<string, FakeDevice>;
  /** Commands that came, oldest first. */
  readonly commands: EthtoolCommand[];
  /** What happens once, when a command has been carried out. */
  readonly after: Map<EthtoolCommand, () => void>;
  /** Bytes written beyond the buffer, where a real kernel would corrupt memory. */
  overflowBytes(): number;
}

/** The kernel's side of SIOCETHTOOL: it writes the current data of the device, regardless of the size of the caller's buffer. */
export function createFakeKernel(
  devices: Readonly<Record<string, FakeDevice>>,
  { checksCounts = false }: FakeKernelOptions = {},
): FakeKernel {
  const known = new Map(Object.entries(devices));
  const commands: EthtoolCommand[] = [];
  const after: FakeKernel['after'] = new Map();
  let overflowBytes = 0;

  /** Writes entries behind the count of them. */
  const fill = (
    request: Buffer,
    { count, data }: { readonly count: number; readonly data: number },
    entries: readonly Buffer[],
  ): void => {
    const asked = readU32(request, count);
    const given = checksCounts && asked !== 0 && asked !== entries.length ? [] : entries;
    writeU32(request, count, given.length);
    const bytes = Buffer.concat(given);
    overflowBytes += Math.max(0, data + bytes.length - request.length);
    bytes.copy(request, data);
  };

  const carryOut: Readonly<
    Record<EthtoolCommand, (device: FakeDevice, request: Buffer) => string | undefined>
  > = {
    driverInfo: ({ driverInfo }, request) => {
      if (driverInfo === undefined) {
        return 'EOPNOTSUPP';
      }
      const layout = ethtoolLayout.driverInfo;
      request.fill(0, 4, layout.size);
      request.write(driverInfo.driver, layout.driver, 'latin1');
      request.write(driverInfo.version, layout.version, 'latin1');
      request.write(driverInfo.firmware, layout.firmwareVersion, 'latin1');
      request.write(driverInfo.bus, layout.busAddress, 'latin1');
      return undefined;
    },
    stringSetInfo: (device, request) => {
      const { mask, counts } = ethtoolLayout.stringSetInfo;
      const asked = readU64(request, mask);
      let answered = 0n;
      let place = counts;
      for (const set of Object.values(stringSets)) {
        const names = namesOf(device, set);
        if ((asked & (1n << BigInt(set))) !== 0n && names !== undefined) {
          answered |= 1n << BigInt(set);
          writeU32(request, place, names.length);
          place += 4;
        }
      }
      writeU64(request, mask, answered);
      return undefined;
    },
    strings: (device, request) => {
      const names = namesOf(device, readU32(request, ethtoolLayout.strings.stringSet));
      if (names === undefined) {
        return 'EOPNOTSUPP';
      }
      fill(request, ethtoolLayout.strings, names.map(stringField));
      return undefined;
    },
    statistics: ({ statistics }, request) => {
      if (statistics === undefined) {
        return 'EOPNOTSUPP';
      }
      fill(
        request,
        ethtoolLayout.statistics,
        statistics.map(([, value]) => {
          const entry = Buffer.alloc(8);
          writeU64(entry, 0, value);
          return entry;
        }),
      );
      return undefined;
    },
    features: ({ features = [] }, request) => {
      const { size, blocks: data, blockSize } = ethtoolLayout.features;
      const blocks = Math.ceil(features.length / 32);
      const bytes = Buffer.alloc(blocks * blockSize);
      for (const [index, [, bits]] of features.entries()) {
        for (const [field, letter] of ['a', 'r', 'x', 'n'].entries()) {
          if (bits.includes(letter)) {
            const word = Math.floor(index / 32) * blockSize + field * 4;
            writeU32(bytes, word, (readU32(bytes, word) | (1 << (index % 32))) >>> 0);
          }
        }
      }
      bytes.copy(request, data, 0, Math.min(readU32(request, size), blocks) * blockSize);
      writeU32(request, size, blocks);
      return undefined;
    },
    ringParameters: ({ txRingSize }, request) => {
      if (txRingSize === undefined) {
        return 'EOPNOTSUPP';
      }
      writeU32(request, ethtoolLayout.ringParameters.txPending, txRingSize);
      return undefined;
    },
  };

  return {
    devices: known,
    commands,
    after,
    overflowBytes: () => overflowBytes,
    ioctl: async (rawName, request) => {
      const command = commandOf(readU32(request, 0));
      commands.push(command);
      const device = known.get(rawName.toString());
      // The real one works in another thread: the answer is there some turns of the event loop later.
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      const error =
        device === undefined ? 'ENODEV' : (device.error ?? carryOut[command](device, request));
      const happens = after.get(command);
      after.delete(command);
      happens?.();
      return error;
    },
  };
}

/** Reads of devices by name. */
export interface ReadsByName {
  driverInfo(device: string): Promise<DriverInfo>;
  statistics(device: string): Promise<readonly Statistic[]>;
  features(device: string): Promise<readonly Feature[]>;
  txRingSize(device: string): Promise<number>;
}

/** Reads the devices of a fake kernel by ioctl, by their current names, each with reads of its own. */
export function createReadsByName({
  devices,
  ioctl,
}: Pick<FakeKernel, 'devices' | 'ioctl'>): ReadsByName {
  const openEthtool = createEthtoolIoctl(ioctl);
  const known = new Map<number, EthtoolReads>();
  const readsOf = (name: string): EthtoolReads => {
    const interfaceIndex = devices.get(name)?.interfaceIndex;
    if (interfaceIndex === undefined) {
      throw new Error(`there is no device ${JSON.stringify(name)}`);
    }
    const reads =
      known.get(interfaceIndex) ?? openEthtool(() => deviceIdentity(name, interfaceIndex));
    known.set(interfaceIndex, reads);
    return reads;
  };
  return {
    driverInfo: async (name) => readsOf(name).driverInfo(),
    statistics: async (name) => statisticList(await readsOf(name).statistics()),
    features: async (name) => readsOf(name).features(),
    txRingSize: async (name) => readsOf(name).txRingSize(),
  };
}

/** A physical device of a name and an interface index. */
export function deviceIdentity(name: string, interfaceIndex: number): DeviceIdentity {
  return {
    rawName: Buffer.from(name),
    device: {
      name,
      kind: 'physical',
      driver: undefined,
      busAddress: undefined,
      pciId: undefined,
      interfaceIndex,
      hasUplink: true,
    },
  };
}

function commandOf(code: number): EthtoolCommand {
  const known: readonly EthtoolCommand[] = [
    'driverInfo',
    'ringParameters',
    'strings',
    'statistics',
    'stringSetInfo',
    'features',
  ];
  const command = known.find((name) => ethtoolCommands[name] === code);
  if (command === undefined) {
    throw new Error(`expected a command of SIOCETHTOOL, got ${code}`);
  }
  return command;
}

function namesOf(
  { statistics, features = [] }: FakeDevice,
  stringSet: number,
): readonly string[] | undefined {
  return stringSet === stringSets.statistics
    ? statistics?.map(([name]) => name)
    : features.map(([name]) => name);
}

function stringField(text: string): Buffer {
  const field = Buffer.alloc(ethtoolLayout.stringLength);
  field.write(text, 'latin1');
  return field;
}
