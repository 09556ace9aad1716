import type { Device } from '../model/device.ts';
import type { DriverInfo } from '../model/driver-info.ts';
import type { Attempt } from './attempt.ts';
import type { CollectorContext } from './collector.ts';

/** How long what seldom changes is taken for granted: link speed, and who the driver says it is. */
export const rememberedSeconds = 60;

export interface DriverInfoMemoryOptions extends Pick<CollectorContext, 'host' | 'report'> {
  readonly attempt: Attempt;
}

export interface DriverInfoMemory {
  /** What was read within the last minute, without waiting. */
  recent(device: Device): DriverInfo | undefined;
  /** Undefined while the driver has never answered. */
  read(device: Device): Promise<DriverInfo | undefined>;
  /** Forgets all but these devices. */
  keep(devices: readonly Device[]): void;
}

/** Asks drivers who they are, once a minute; a device stuck in its driver keeps the identity it had. */
export function createDriverInfoMemory({
  host,
  attempt,
  report,
}: DriverInfoMemoryOptions): DriverInfoMemory {
  /** By interface index. */
  const known = new Map<number, Identity>();
  let kept: readonly Device[] = [];
  const nowSeconds = (): number => host.now().getTime() / 1000;
  return {
    recent: ({ name, interfaceIndex }) => {
      const before = known.get(interfaceIndex);
      if (before === undefined || nowSeconds() - before.readAtSeconds >= rememberedSeconds) {
        return undefined;
      }
      report({ device: name, read: 'driver_info', error: undefined });
      return before.driverInfo;
    },
    read: async ({ name, interfaceIndex }) => {
      const read = await attempt({ device: name, read: 'driver_info' }, async () => ({
        readAtSeconds: nowSeconds(),
        driverInfo: await host.ethtool.driverInfo(name),
      }));
      if (read !== undefined) {
        known.set(interfaceIndex, read);
      }
      return known.get(interfaceIndex)?.driverInfo;
    },
    keep: (devices) => {
      if (devices === kept) {
        return;
      }
      kept = devices;
      const indexes = new Set(devices.map(({ interfaceIndex }) => interfaceIndex));
      for (const index of known.keys()) {
        if (!indexes.has(index)) {
          known.delete(index);
        }
      }
    },
  };
}

interface Identity {
  readonly readAtSeconds: number;
  readonly driverInfo: DriverInfo;
}
