import type { Device } from '../model/device.ts';
import type { KernelEventName } from '../model/kernel-event.ts';
import type { KernelEventCount } from '../model/ledger.ts';

/**
 * Devices the log may name beyond those of this namespace before further ones are counted without a name. Containers
 * come and go; the number of series must not.
 */
const largestForeignDevices = 100;

/** One event, and whom it is about in the names the other metrics use. */
export interface NamedEvent {
  readonly device: string;
  readonly driver: string;
  readonly event: KernelEventName;
  readonly timestampSeconds: number | undefined;
}

/** Counts events by device and class. */
export interface Tally {
  add(event: NamedEvent, devices: readonly Device[]): void;
  /** The same object for as long as nothing is added. */
  events(): readonly KernelEventCount[];
}

/** Makes a tally that goes on from what was counted before. */
export function createTally(before: readonly KernelEventCount[] = []): Tally {
  let events: readonly KernelEventCount[] | undefined;
  const counts = new Map(before.map((count) => [eventKey(count), count]));
  // A restart is no reason for further names.
  const foreignDevices = new Set(before.map(({ device }) => device).filter((name) => name !== ''));

  const boundedName = (name: string, devices: readonly Device[]): string => {
    if (name === '' || foreignDevices.has(name) || devices.some((device) => device.name === name)) {
      return name;
    }
    if (foreignDevices.size >= largestForeignDevices) {
      return '';
    }
    foreignDevices.add(name);
    return name;
  };

  return {
    add: ({ device: name, driver, event, timestampSeconds }, devices) => {
      const device = boundedName(name, devices);
      const key = eventKey({ device, driver, event });
      const known = counts.get(key);
      events = undefined;
      counts.set(key, {
        device,
        driver: driver === '' ? (known?.driver ?? '') : driver,
        event,
        count: (known?.count ?? 0) + 1,
        lastTimestampSeconds: timestampSeconds ?? known?.lastTimestampSeconds,
      });
    },
    events: () => {
      events ??= [...counts.values()];
      return events;
    },
  };
}

/**
 * What makes two events the same series. The core's records name no driver: one device has one series per event all the
 * same.
 */
export function eventKey({
  device,
  driver,
  event,
}: Pick<NamedEvent, 'device' | 'driver' | 'event'>): string {
  return JSON.stringify([device, device === '' ? driver : '', event]);
}
