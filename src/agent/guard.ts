import type { Collector, DeviceRead, WatchedDevice } from '../collectors/collector.ts';
import type { Host, NetworkDevice } from '../host/host.ts';
import type { DriverInfo } from '../model/device.ts';
import { createGuardedRead, readNow } from './guarded-read.ts';
import type { GuardedRead, GuardedReadOptions, Ttl } from './guarded-read.ts';
import { createLimiter } from './limiter.ts';
import type { Limiter } from './limiter.ts';
import { createLinkTtl, readLink } from './link.ts';
import { createPacketTable } from './packet-table.ts';
import type { PacketTable } from './packet-table.ts';
import type { PollClock } from './poll-clock.ts';
import { driverLimits, fileLimits, lockedLimits } from './read-limits.ts';

/** Who the driver is changes when it is loaded anew, which makes a new device, or the firmware is updated. */
const driverInfoTtl: Ttl = { milliseconds: 60_000, generation: () => 0 };
/** What was requested of an offload can change without being announced, where the driver does not follow. */
const featuresTtlMilliseconds = 60_000;

/** The reads that show as metrics also while they go well. */
const namedReads = ['driver_info', 'statistics', 'features'] as const;

/** Reads a host so that nothing takes longer than a poll may. */
export interface Guard {
  /** The same for as long as the device has the same handle. It keeps the name the device has now until the next call. */
  watch(device: NetworkDevice): WatchedDevice;
  /** Reads anew, of all devices at once, what may have changed and is needed. Never rejects. */
  readDevices(
    devices: readonly WatchedDevice[],
    collectors: readonly Pick<Collector, 'needs'>[],
  ): Promise<void>;
  /** Which reads of a device were made, whether they went well or not: the same array until there are more. */
  readsOf(device: WatchedDevice): readonly DeviceRead[];
  readFile(path: string): Promise<string>;
}

/** Makes the guard of a host, for polls with that clock. */
export function createGuard(
  host: Pick<Host, 'ethtoolReader' | 'packetCounters' | 'readFile'>,
  clock: PollClock,
): Guard {
  const shared: SharedGuards = {
    clock,
    drivers: createLimiter({ ...driverLimits(host), clock }),
    locked: createLimiter({ ...lockedLimits, clock }),
    packets: createPacketTable(host, clock),
  };
  const watched = new WeakMap<NetworkDevice, WatchedDevice>();
  const reads = new WeakMap<WatchedDevice, GuardedReads>();
  /** By path: a handful. */
  const files = new Map<string, GuardedRead<string>>();
  const fileLimiter = createLimiter({ ...fileLimits, clock });

  return {
    watch: (handle) => {
      const known = watched.get(handle);
      if (known !== undefined) {
        reads.get(known)?.takeName();
        return known;
      }
      const guarded = guardDevice(handle, shared);
      watched.set(handle, guarded.device);
      reads.set(guarded.device, guarded.reads);
      return guarded.device;
    },
    readsOf: (device) => reads.get(device)?.known() ?? [],
    readDevices: async (devices, collectors) =>
      new Promise((resolve) => {
        let pending = 1;
        const ended = (): void => {
          pending -= 1;
          if (pending === 0) {
            resolve();
          }
        };
        const refresh = (read: Refreshable | undefined, then: () => void = ended): void => {
          if (read !== undefined) {
            pending += 1;
            read.refresh(then);
          }
        };
        for (const device of devices) {
          const ofDevice = reads.get(device);
          refresh(ofDevice?.link);
          refresh(ofDevice?.driver_info, () => {
            // What is needed may depend on the driver.
            collectors.forEach((collector) => {
              collector.needs?.(device).forEach((read) => {
                refresh(ofDevice?.[read]);
              });
            });
            ended();
          });
        }
        void shared.packets.read().then(() => {
          for (const device of devices) {
            const ofDevice = reads.get(device);
            if (ofDevice?.isInPacketTable() === false) {
              refresh(ofDevice.packets);
            }
          }
          ended();
        });
      }),
    readFile: async (path) => {
      const read =
        files.get(path) ??
        createGuardedRead(async () => host.readFile(path), {
          what: () => JSON.stringify(path),
          clock,
          limiter: fileLimiter,
          key: {},
        });
      files.set(path, read);
      return readNow(read);
    },
  };
}

/** What all guarded reads share: a native call that does not come back holds a thread, and some must always be left. */
interface SharedGuards {
  readonly clock: PollClock;
  readonly drivers: Limiter;
  readonly locked: Limiter;
  readonly packets: PacketTable;
}

type Refreshable = Pick<GuardedRead<unknown>, 'refresh' | 'isKnown'>;

/** The reads behind a watched device. */
interface GuardedReads extends Readonly<Record<DeviceReadName | 'link' | 'packets', Refreshable>> {
  isInPacketTable(): boolean;
  /** Calls the device by the name it has now. */
  takeName(): void;
  /** Those that were made. The same array for as long as they are the same. */
  known(): readonly DeviceRead[];
}

type DeviceReadName = (typeof namedReads)[number];

function guardDevice(
  handle: NetworkDevice,
  { clock, drivers, locked, packets }: SharedGuards,
): { readonly device: WatchedDevice; readonly reads: GuardedReads } {
  const guard = <Value>(
    what: string,
    read: () => Promise<Value>,
    { limiter = drivers, key = handle, ...options }: Partial<GuardedReadOptions> = {},
  ): GuardedRead<Value> =>
    createGuardedRead(read, {
      what: () => `${what} of ${JSON.stringify(handle.name)}`,
      clock,
      limiter,
      key,
      ...options,
    });
  // One name for all samples of a poll, also when the device is renamed while they are made.
  let { name } = handle;
  let lastDriverInfo: DriverInfo | undefined;
  const driverInfo = guard(
    'driver information',
    async () => {
      lastDriverInfo = await handle.driverInfo();
      return lastDriverInfo;
    },
    { ttl: driverInfoTtl },
  );
  const statistics = guard('driver statistics', handle.statistics);
  const features = guard('offload features', handle.features, {
    ttl: { milliseconds: featuresTtlMilliseconds, generation: () => handle.generation },
  });
  const txRingSize = guard('transmit ring size', handle.txRingSize);
  const { carrierChanges, ttl } = createLinkTtl(handle, clock);
  const link = guard('carrier and speed', async () => readLink(handle), { limiter: locked, ttl });
  // Packets are counted also where the driver is stuck in something else.
  const ownPackets = guard('packet counters', handle.packetCounters, { key: {} });
  const named = { driver_info: driverInfo, statistics, features };
  let known: readonly DeviceReadName[] = [];
  return {
    device: {
      get name() {
        return name;
      },
      get kind() {
        return handle.kind;
      },
      get driver() {
        return handle.driver;
      },
      get busAddress() {
        return handle.busAddress;
      },
      get pciId() {
        return handle.pciId;
      },
      get hasUplink() {
        return handle.hasUplink;
      },
      interfaceIndex: handle.interfaceIndex,
      attribute: handle.attribute,
      attributeNames: handle.attributeNames,
      packetCounters: () => packets.get(handle) ?? ownPackets.get(),
      carrierChanges,
      carrier: () => link.get().carrier(),
      speed: () => link.get().speed(),
      driverInfo: driverInfo.get,
      lastDriverInfo: () => lastDriverInfo,
      statistics: statistics.get,
      features: features.get,
      txRingSize: async () => readNow(txRingSize),
    },
    reads: {
      ...named,
      link,
      packets: ownPackets,
      known: () => {
        const isMissing = (read: DeviceReadName): boolean =>
          !known.includes(read) && named[read].isKnown();
        // It cannot become unknown again.
        if (known.length < namedReads.length && namedReads.some(isMissing)) {
          known = namedReads.filter((read) => named[read].isKnown());
        }
        return known;
      },
      isInPacketTable: () => packets.get(handle) !== undefined,
      takeName: () => {
        ({ name } = handle);
      },
    },
  };
}
