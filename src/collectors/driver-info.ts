import type { Host } from '../host/host.ts';
import type { Device } from '../model/device.ts';
import type { DriverInfo } from '../model/driver-info.ts';
import type { Attempt } from './attempt.ts';

/** How long what seldom changes is taken for granted: link speed, and who the driver says it is. */
export const rememberedSeconds = 60;

export interface DriverInfoMemory {
  /** Undefined while the driver has never answered. */
  read(device: Device): Promise<DriverInfo | undefined>;
  /** Forgets all but these devices. */
  keep(devices: readonly Device[]): void;
}

/** Asks drivers who they are, once a minute; a device stuck in its driver keeps the identity it had. */
export function createDriverInfoMemory(host: Host, attempt: Attempt): DriverInfoMemory {
  /** By interface index. */
  const known = new Map<number, Identity>();
  let kept: readonly Device[] = [];
  return {
    read: async ({ name, interfaceIndex }) => {
      const before = known.get(interfaceIndex);
      const nowSeconds = host.now().getTime() / 1000;
      const read = await attempt({ device: name, read: 'driver_info' }, async () =>
        before !== undefined && nowSeconds - before.readAtSeconds < rememberedSeconds
          ? before
          : { readAtSeconds: nowSeconds, driverInfo: await host.ethtool.driverInfo(name) },
      );
      if (read !== undefined) {
        known.set(interfaceIndex, read);
      }
      return (read ?? before)?.driverInfo;
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
