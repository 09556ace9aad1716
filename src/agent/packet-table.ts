import type { Host, NetworkDevice } from '../host/host.ts';
import type { PacketCounters } from '../model/device.ts';
import type { PollClock } from './poll-clock.ts';

/** How long the devices are waited for together, of the time of a poll. Then each is asked itself. */
const waitTicks = 4;
/** After a driver has held up the table, it is left alone for so long. */
const pauseMilliseconds = 10_000;

/** The packets of all devices, read at once. */
export interface PacketTable {
  /** Reads it anew. Never rejects. */
  read(): Promise<void>;
  /** Undefined where the table was not to be had, or does not know the device. */
  get(device: NetworkDevice): PacketCounters | undefined;
}

/**
 * Makes the table. One driver that does not answer holds up the answer for all: then there is none, and each device has to
 * be asked itself.
 */
export function createPacketTable(
  host: Pick<Host, 'packetCounters'>,
  clock: PollClock,
): PacketTable {
  let table: ReadonlyMap<NetworkDevice, PacketCounters> | undefined;
  let isInFlight = false;
  let resumeAt = 0;
  let giveUp: (() => void) | undefined;

  clock.onTick((ticks) => {
    if (ticks >= waitTicks) {
      giveUp?.();
    }
  });

  return {
    get: (device) => table?.get(device),
    read: async () => {
      table = undefined;
      if (isInFlight || performance.now() < resumeAt) {
        return;
      }
      isInFlight = true;
      const givenUp = new Promise<undefined>((resolve) => {
        giveUp = () => {
          resumeAt = performance.now() + pauseMilliseconds;
          resolve(undefined);
        };
      });
      const reading = countersOf(host).finally(() => {
        isInFlight = false;
      });
      table = await Promise.race([reading, givenUp]);
      giveUp = undefined;
    },
  };
}

/** What cannot be read of all devices at once can be read of each. */
async function countersOf(host: Pick<Host, 'packetCounters'>): ReturnType<Host['packetCounters']> {
  try {
    return await host.packetCounters();
  } catch {
    return undefined;
  }
}
