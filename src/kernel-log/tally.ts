import type { Device } from '../model/device.ts';
import type { KernelEventName } from '../model/kernel-event.ts';
import type { KernelEventCount } from '../model/ledger.ts';

/**
 * Devices that are not, or no longer, of this namespace and are counted by name. Containers come and go; the number of
 * series must not.
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
  /** Every name that is counted. */
  const names = new Set(before.map(({ device }) => device));

  const boundedName = (name: string, devices: readonly Device[]): string => {
    if (names.has(name) || devices.some((device) => device.name === name)) {
      return name;
    }
    const present = new Set(devices.map((device) => device.name));
    const foreign = [...names].filter((known) => known !== '' && !present.has(known));
    return foreign.length < largestForeignDevices ? name : '';
  };

  const add = (event: KernelEventCount): void => {
    const key = eventKey(event);
    const known = counts.get(key);
    names.add(event.device);
    counts.set(key, {
      ...event,
      driver: event.driver === '' ? (known?.driver ?? '') : event.driver,
      count: (known?.count ?? 0) + event.count,
      lastTimestampSeconds: latest(event.lastTimestampSeconds, known?.lastTimestampSeconds),
    });
  };

  /** Counts what is known of devices that are gone without their names, when these have become too many. */
  const forgetNames = (devices: readonly Device[]): void => {
    const present = new Set(devices.map((device) => device.name));
    for (const [key, event] of counts) {
      if (event.device !== '' && !present.has(event.device)) {
        counts.delete(key);
        add({ ...event, device: '' });
        names.delete(event.device);
      }
    }
  };

  return {
    add: ({ device: name, driver, event, timestampSeconds }, devices) => {
      events = undefined;
      if (names.size > devices.length + 2 * largestForeignDevices) {
        forgetNames(devices);
      }
      add({
        device: boundedName(name, devices),
        driver,
        event,
        count: 1,
        lastTimestampSeconds: timestampSeconds,
      });
    },
    events: () => {
      events ??= [...counts.values()];
      return events;
    },
  };
}

function latest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
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
