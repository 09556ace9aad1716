import type { Device } from '../model/device.ts';
import { sleep } from '../model/sleep.ts';

/** A device with a counter of transmit losses. */
export interface WitnessedDevice extends Device {
  readonly transmitLosses?: () => Promise<number>;
}

/**
 * Returns by name whether devices have lost packets since the last call, or ever on the first. The kernel counts a dead
 * loop as a loss of the device it names, and not of a namesake in another network namespace. Undefined for devices
 * that cannot be read in time.
 */
export type LossWitness = (
  devices: readonly WitnessedDevice[],
) => Promise<ReadonlyMap<string, boolean | undefined>>;

/**
 * The kernel logs before it counts, and a slow console may delay it in between. Their sum is less than the first scrape waits for
 * events.
 */
const retryDelaysMilliseconds = [25, 50, 100];
/** Records of one burst, or read in a later batch, are about losses already seen. */
const burstMilliseconds = 5000;
const timeoutMilliseconds = 200;

interface LossState {
  readonly losses: number;
  /** When they last grew. */
  readonly grewAt: number;
}

/** Creates the witness, which keeps the losses of each device. */
export function createLossWitness(): LossWitness {
  const states = new WeakMap<WitnessedDevice, LossState>();
  const inFlight = new WeakSet<WitnessedDevice>();

  /** Undefined on a timeout or failure. */
  const lossesOf = async (device: WitnessedDevice): Promise<number | undefined> => {
    if (device.transmitLosses === undefined || inFlight.has(device)) {
      return undefined;
    }
    inFlight.add(device);
    const reading = device
      .transmitLosses()
      .catch(() => undefined)
      .finally(() => {
        inFlight.delete(device);
      });
    return Promise.race([reading, sleep(timeoutMilliseconds).then(() => undefined)]);
  };

  const hasGrown = async (device: WitnessedDevice): Promise<boolean | undefined> => {
    const losses = await lossesOf(device);
    if (losses === undefined) {
      return undefined;
    }
    const previous = states.get(device) ?? { losses: 0, grewAt: Number.NEGATIVE_INFINITY };
    const now = performance.now();
    const grewAt = losses > previous.losses ? now : previous.grewAt;
    states.set(device, { losses, grewAt });
    return now - grewAt < burstMilliseconds;
  };

  const hasGrownWithRetries = async (device: WitnessedDevice): Promise<boolean | undefined> => {
    let answer = await hasGrown(device);
    for (const delay of retryDelaysMilliseconds) {
      if (answer !== false) {
        break;
      }
      await sleep(delay);
      answer = await hasGrown(device);
    }
    return answer;
  };

  return async (devices) =>
    new Map(
      await Promise.all(
        devices.map(async (device) => [device.name, await hasGrownWithRetries(device)] as const),
      ),
    );
}
