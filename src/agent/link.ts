import type { NetworkDevice } from '../host/host.ts';
import { SourceError } from '../model/errors.ts';
import type { Ttl } from './guarded-read.ts';
import type { PollClock } from './poll-clock.ts';

/** The speed can change without a change of the carrier being counted. */
const ttlMilliseconds = 60_000;

/** Gives a text that was read, or throws why it could not be. */
type Reading = () => string;

/**
 * Reads carrier and speed. A device that is administratively down has neither.
 *
 * @throws {SourceError} when the carrier cannot be read.
 */
export async function readLink(
  device: Pick<NetworkDevice, 'readAttribute'>,
): Promise<Readonly<Record<'carrier' | 'speed', Reading>>> {
  const read = async (attribute: 'carrier' | 'speed'): Promise<Reading> => {
    try {
      const text = await device.readAttribute(attribute);
      return () => text;
    } catch (error) {
      if (attribute === 'carrier' && !isUnsupported(error)) {
        throw error;
      }
      return () => {
        throw error;
      };
    }
  };
  return { carrier: await read('carrier'), speed: await read('speed') };
}

/**
 * Makes what says how long carrier and speed hold. The kernel takes the lock that a NIC in trouble holds to tell them. It
 * counts changes of the carrier and shows the flags without it, so both are read only when one of these has changed, and
 * once in a while.
 *
 * @returns also the attribute `carrier_changes`, which is read once a poll
 */
export function createLinkTtl(
  device: Pick<NetworkDevice, 'attribute' | 'generation'>,
  clock: Pick<PollClock, 'poll'>,
): { readonly carrierChanges: Reading; readonly ttl: Ttl } {
  let poll = 0;
  let changes = '';
  const carrierChanges = (): string => {
    if (poll !== clock.poll()) {
      changes = device.attribute('carrier_changes');
      poll = clock.poll();
    }
    return changes;
  };
  return {
    carrierChanges,
    ttl: {
      milliseconds: ttlMilliseconds,
      generation: () => {
        try {
          return `${carrierChanges()} ${device.generation ?? device.attribute('flags')}`;
        } catch {
          // Nothing tells whether the link has changed.
          return undefined;
        }
      },
    },
  };
}

function isUnsupported(error: unknown): boolean {
  return error instanceof SourceError && error.reason === 'unsupported';
}
