import type { Host, NetworkDevice } from '../host/host.ts';
import type { PacketCounters } from '../model/device.ts';
import type { PollClock } from './poll-clock.ts';

/** Timeout of the table. It leaves time in the poll to read each device by itself. */
const timeoutTicks = 4;
/** How long the table is not read again after a timeout. */
const backoffMilliseconds = 10_000;

/** The packet counters of all devices, from one read. */
export interface PacketTable {
  /** Refreshes the table. Never rejects. */
  read(): Promise<void>;
  /** Undefined if the table is not available or does not list the device. */
  get(device: NetworkDevice): PacketCounters | undefined;
}

/**
 * Creates the table. One driver that does not answer blocks the read for all devices: then the table is empty, and each
 * device is read by itself.
 */
export function createPacketTable(
  host: Pick<Host, 'packetCounters'>,
  clock: PollClock,
): PacketTable {
  let table: ReadonlyMap<NetworkDevice, PacketCounters> | undefined;
  let isInFlight = false;
  let retryAt = 0;
  let timeOut: (() => void) | undefined;

  clock.onTick((ticks) => {
    if (ticks >= timeoutTicks) {
      timeOut?.();
    }
  });

  return {
    get: (device) => table?.get(device),
    read: async () => {
      table = undefined;
      if (isInFlight || performance.now() < retryAt) {
        return;
      }
      isInFlight = true;
      const timedOut = new Promise<undefined>((resolve) => {
        timeOut = () => {
          retryAt = performance.now() + backoffMilliseconds;
          resolve(undefined);
        };
      });
      const reading = countersOf(host).finally(() => {
        isInFlight = false;
      });
      table = await Promise.race([reading, timedOut]);
      timeOut = undefined;
    },
  };
}

/** Undefined on failure: the devices are then read one by one. */
async function countersOf(host: Pick<Host, 'packetCounters'>): ReturnType<Host['packetCounters']> {
  try {
    return await host.packetCounters();
  } catch {
    return undefined;
  }
}
