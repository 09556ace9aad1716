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

/** Changes only with a firmware update: reloading the driver creates a new device. */
const driverInfoTtl: Ttl = { milliseconds: 60_000, generation: () => 0 };
/** The requested features can change without a link event, if the driver does not apply them. */
const featuresTtlMilliseconds = 60_000;

/** The reads that are exported even while they succeed. */
const namedReads = ['driver_info', 'statistics', 'features'] as const;

/** Reads a host within the deadline of a poll. */
export interface Guard {
  /** Returns the same device for the same handle. It keeps its current name until the next call. */
  watch(device: NetworkDevice): WatchedDevice;
  /** Refreshes what the collectors need, unless it is cached, of all devices in parallel. Never rejects. */
  readDevices(
    devices: readonly WatchedDevice[],
    collectors: readonly Pick<Collector, 'needs'>[],
  ): Promise<void>;
  /** The reads attempted on a device, successful or not: the same array until another is added. */
  readsOf(device: WatchedDevice): readonly DeviceRead[];
  readFile(path: string): Promise<string>;
}

/** Creates the guard of a host. */
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
  /** By path. */
  const files = new Map<string, GuardedRead<string>>();
  const fileLimiter = createLimiter({ ...fileLimits, clock });

  return {
    watch: (handle) => {
      const known = watched.get(handle);
      if (known !== undefined) {
        reads.get(known)?.updateName();
        return known;
      }
      const guarded = guardDevice(handle, shared);
      watched.set(handle, guarded.device);
      reads.set(guarded.device, guarded.reads);
      return guarded.device;
    },
    readsOf: (device) => reads.get(device)?.attempted() ?? [],
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
            // Needs may depend on the driver.
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

/** Shared by all guarded reads: a stuck native call holds a thread, and some threads must stay free. */
interface SharedGuards {
  readonly clock: PollClock;
  readonly drivers: Limiter;
  readonly locked: Limiter;
  readonly packets: PacketTable;
}

type Refreshable = Pick<GuardedRead<unknown>, 'refresh' | 'wasAttempted'>;

/** The reads behind a watched device. */
interface GuardedReads extends Readonly<Record<DeviceReadName | 'link' | 'packets', Refreshable>> {
  isInPacketTable(): boolean;
  /** Takes over the current name of the device. */
  updateName(): void;
  /** See {@link Guard.readsOf}. */
  attempted(): readonly DeviceRead[];
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
  // All samples of a poll have one name, even if the device is renamed during the poll.
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
  // A key of its own: packets are read even while another read of the device is stuck.
  const ownPackets = guard('packet counters', handle.packetCounters, { key: {} });
  const named = { driver_info: driverInfo, statistics, features };
  let attempted: readonly DeviceReadName[] = [];
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
      attempted: () => {
        const isMissing = (read: DeviceReadName): boolean =>
          !attempted.includes(read) && named[read].wasAttempted();
        if (attempted.length < namedReads.length && namedReads.some(isMissing)) {
          attempted = namedReads.filter((read) => named[read].wasAttempted());
        }
        return attempted;
      },
      isInPacketTable: () => packets.get(handle) !== undefined,
      updateName: () => {
        ({ name } = handle);
      },
    },
  };
}
