import type { NetworkDevice } from '../host/host.ts';
import { SourceError } from '../model/errors.ts';
import type { Ttl } from './guarded-read.ts';
import type { PollClock } from './poll-clock.ts';

/** The speed can change without a carrier change. */
const ttlMilliseconds = 60_000;

/** Returns the text of an attribute, or throws the error of its read. */
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
 * Creates the TTL of carrier and speed. Reading them takes a lock that a failing NIC may hold, so both are read again only
 * when a change was announced, or after a minute. Without announcements, `carrier_changes` and the flags tell, which need
 * no lock.
 *
 * @returns also a reader of the attribute `carrier_changes`, which is cached as the link is
 */
export function createLinkTtl(
  device: Pick<NetworkDevice, 'attribute' | 'generation'>,
  clock: Pick<PollClock, 'poll'>,
): { readonly carrierChanges: Reading; readonly ttl: Ttl } {
  let poll = 0;
  let changes = '';
  let announced: number | undefined;
  let expiresAt = 0;
  const carrierChanges = (): string => {
    if (poll !== clock.poll()) {
      const { generation } = device;
      if (generation === undefined || generation !== announced || performance.now() > expiresAt) {
        announced = undefined;
        changes = device.attribute('carrier_changes');
        announced = generation;
        expiresAt = performance.now() + ttlMilliseconds;
      }
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
          return device.generation ?? `${carrierChanges()} ${device.attribute('flags')}`;
        } catch {
          // The link may have changed.
          return undefined;
        }
      },
    },
  };
}

function isUnsupported(error: unknown): boolean {
  return error instanceof SourceError && error.reason === 'unsupported';
}
