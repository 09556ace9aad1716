import type { Device } from '../model/device.ts';
import type { LoggedEvent } from '../model/kernel-event.ts';
import type { KernelRecord } from '../model/kernel-record.ts';
import { parseBootTimestampSeconds } from '../parsers/number.ts';
import type { KernelEvent } from './classify.ts';

/**
 * Devices that are not, or no longer, of this namespace and have series of their own. Containers come and go; the number
 * of series must not.
 */
export const maxForeignDevices = 100;

/** What is asked of the host to attribute events. */
export interface AttributionHost {
  devices(): Promise<readonly Device[]> | readonly Device[];
  readFile(path: string): Promise<string>;
}

/** The devices of the host, and when it booted. */
export interface HostContext {
  readonly devices: readonly Device[];
  /** Undefined where procfs does not say, and for events of another boot. */
  readonly bootTimestampSeconds: number | undefined;
}

/** The device and driver an event is attributed to, as in other metrics; empty where the log does not tell. */
export type Attribution = Pick<LoggedEvent, 'device' | 'driver'>;

/** An event of the log without its text. */
export type AttributedEvent = Omit<LoggedEvent, 'text'>;

/** An event is counted even where sysfs or procfs cannot be read; it then keeps the names the log gives. */
export async function readHostContext(host: AttributionHost): Promise<HostContext> {
  const [devices, boot] = await Promise.allSettled([
    (async () => host.devices())(),
    host.readFile('/proc/stat').then(parseBootTimestampSeconds),
  ]);
  return {
    devices: devices.status === 'fulfilled' ? devices.value : [],
    bootTimestampSeconds: boot.status === 'fulfilled' ? boot.value : undefined,
  };
}

export interface AttributeRecordOptions {
  readonly record: KernelRecord;
  readonly context: HostContext;
  /** The devices that are counted by name. */
  readonly countedDevices: ReadonlySet<string>;
}

/** Says of the event a record reports which device and driver it is attributed to, and when it was. */
export function attributeRecord(
  event: KernelEvent,
  { record, context: { devices, bootTimestampSeconds }, countedDevices }: AttributeRecordOptions,
): AttributedEvent {
  const { timestampMicroseconds, realtimeMicroseconds } = record;
  const sinceBoot =
    bootTimestampSeconds === undefined
      ? undefined
      : bootTimestampSeconds + timestampMicroseconds / 1e6;
  return {
    ...attributeEvent(event, { devices, countedDevices }),
    event: event.event,
    timestampSeconds: realtimeMicroseconds === undefined ? sinceBoot : realtimeMicroseconds / 1e6,
  };
}

export interface AttributeEventOptions {
  readonly devices: readonly Device[];
  /** The devices that are counted by name; undefined puts no limit to the names of other namespaces. */
  readonly countedDevices?: ReadonlySet<string>;
}

/**
 * Finds the device and driver of an event. The bus address leads to the device's present name even when the record gives
 * an old one or none; a name no device here bears is that of another network namespace and stays as it is, unless there
 * are too many of these. One bus address with several devices (multi-port cards) says nothing unless the text names one
 * of them, and a driver's name alone says something only where it has one device.
 */
export function attributeEvent(
  event: KernelEvent,
  { devices, countedDevices }: AttributeEventOptions,
): Attribution {
  const named = devices.find(({ name }) => name === event.device);
  const device = findDevice(event, named, devices);
  if (device !== undefined) {
    return { device: device.name, driver: device.driver ?? event.driver ?? '' };
  }
  // A name that another card bears today would make this that card's event.
  const isTaken = event.busAddress !== undefined && named !== undefined;
  const name = isTaken ? '' : (event.device ?? '');
  const isWithinLimit =
    countedDevices === undefined ||
    countedDevices.has(name) ||
    named !== undefined ||
    foreignDevices(countedDevices, devices).length < maxForeignDevices;
  return { device: isWithinLimit ? name : '', driver: event.driver ?? '' };
}

/** Of these names, those that no device here bears. */
export function foreignDevices(
  names: ReadonlySet<string>,
  devices: readonly Device[],
): readonly string[] {
  const present = new Set(devices.map(({ name }) => name));
  return [...names].filter((name) => name !== '' && !present.has(name));
}

function findDevice(
  { event, device, driver, busAddress }: KernelEvent,
  named: Device | undefined,
  devices: readonly Device[],
): Device | undefined {
  if (busAddress !== undefined) {
    const onBus = devices.filter((candidate) => candidate.busAddress === busAddress);
    return onBus.find((candidate) => candidate === named) ?? only(onBus);
  }
  if (device !== undefined) {
    // Only virtual devices loop: a physical one of that name is not the one in some container.
    return event === 'dead_loop' && named?.kind === 'physical' ? undefined : named;
  }
  return driver === undefined
    ? undefined
    : only(devices.filter((candidate) => candidate.driver === driver));
}

function only(devices: readonly Device[]): Device | undefined {
  return devices.length === 1 ? devices[0] : undefined;
}
