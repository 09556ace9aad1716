import { setTimeout } from 'node:timers/promises';

import type { Device } from '../model/device.ts';

/** A device that may be asked how many packets it could not send. */
export interface WitnessedDevice extends Device {
  readonly transmitLosses?: () => Promise<number>;
}

/**
 * Says by name whether devices have lost packets since they were last asked, or at all when that is the first time. The
 * kernel counts a dead loop as a loss of the very device it names, which a namesake in another network namespace is not.
 * What cannot be read in time is left out.
 */
export type LossWitness = (
  devices: readonly WitnessedDevice[],
) => Promise<ReadonlyMap<string, boolean>>;

/** The kernel logs first and counts then, and a slow console may come between. */
const defaultRetryMilliseconds = 50;
/** Records of one burst, and those of a log that is read in batches, are about what was lost before. */
const burstMilliseconds = 5000;
const timeoutMilliseconds = 200;

interface Testimony {
  readonly losses: number;
  /** When they had last grown. */
  readonly grewAt: number;
}

/** Makes the witness, which remembers what each device has lost. */
export function createLossWitness(
  retryMilliseconds: number = defaultRetryMilliseconds,
): LossWitness {
  const testimonies = new WeakMap<WitnessedDevice, Testimony>();
  const inFlight = new WeakSet<WitnessedDevice>();

  /** Undefined where it does not answer. */
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
    return Promise.race([reading, setTimeout(timeoutMilliseconds, undefined, { ref: false })]);
  };

  const hasGrown = async (device: WitnessedDevice): Promise<boolean | undefined> => {
    const losses = await lossesOf(device);
    if (losses === undefined) {
      return undefined;
    }
    const previous = testimonies.get(device) ?? { losses: 0, grewAt: Number.NEGATIVE_INFINITY };
    const now = performance.now();
    const grewAt = losses > previous.losses ? now : previous.grewAt;
    testimonies.set(device, { losses, grewAt });
    return now - grewAt < burstMilliseconds;
  };

  const testify = async (device: WitnessedDevice): Promise<boolean | undefined> => {
    const first = await hasGrown(device);
    if (first !== false) {
      return first;
    }
    await setTimeout(retryMilliseconds);
    return hasGrown(device);
  };

  return async (devices) => {
    const answers = await Promise.all(
      devices.map(async (device) => [device.name, await testify(device)] as const),
    );
    const known = new Map<string, boolean>();
    for (const [name, answer] of answers) {
      if (answer !== undefined) {
        known.set(name, answer);
      }
    }
    return known;
  };
}
