import type { Device, DeviceKind } from '../model/device.ts';
import type { LoggedEvent } from '../model/kernel-event.ts';
import type { KernelRecord } from '../model/kernel-record.ts';
import { parseBootTimestampSeconds } from '../parsers/number.ts';
import type { KernelEvent } from './classify.ts';
import type { LossWitness, WitnessedDevice } from './loss-witness.ts';
import { onlyDeviceOf } from './only-device.ts';
import type { DriverDevice } from './only-device.ts';

/** Kinds of devices that nodes have; ends of veth pairs and the like are what containers have. */
const nodeKinds: ReadonlySet<DeviceKind> = new Set(['vxlan', 'geneve', 'bond', 'bridge', 'vlan']);
/** Modules that log under a name of their own, and the driver of their devices. */
const driverOfModule: Readonly<Record<string, string>> = { mlx4_en: 'mlx4_core' };

/**
 * Devices that are not, or no longer, of this namespace and have series of their own. Containers come and go; the number
 * of series must not.
 */
export const maxForeignDevices = 100;

type HostDevice = WitnessedDevice & DriverDevice;

/** What is asked of the host to attribute events. */
export interface AttributionHost {
  devices(): Promise<readonly HostDevice[]> | readonly HostDevice[];
  readFile(path: string): Promise<string>;
}

/** The devices of the host, and when it booted. */
export interface HostContext {
  readonly devices: readonly DriverDevice[];
  /** Undefined where procfs does not say, and for events of another boot. */
  readonly bootTimestampSeconds: number | undefined;
  /** See {@link LossWitness}. */
  readonly hasLost?: ReadonlyMap<string, boolean> | undefined;
}

/** The device and driver an event is attributed to, as in other metrics; empty where the log does not tell. */
export type Attribution = Pick<LoggedEvent, 'device' | 'driver'>;

/** An event of the log without its text. */
export type AttributedEvent = Omit<LoggedEvent, 'text'>;

/**
 * An event is counted even where sysfs or procfs cannot be read; it then keeps the names the log gives.
 *
 * @param events asked of the witness; of another boot there is none
 */
export async function readHostContext(
  host: AttributionHost,
  events: readonly (KernelEvent | undefined)[] = [],
  witness?: LossWitness,
): Promise<HostContext> {
  const [devices, boot] = await Promise.allSettled([
    (async () => host.devices())(),
    host.readFile('/proc/stat').then(parseBootTimestampSeconds),
  ]);
  const present = devices.status === 'fulfilled' ? devices.value : [];
  const looping = new Set(events.map((event) => loopingName(event)));
  const hasLost = await witness?.(
    present.filter(({ name, kind }) => kind !== 'physical' && looping.has(name)),
  );
  return {
    devices: present,
    hasLost,
    bootTimestampSeconds: boot.status === 'fulfilled' ? boot.value : undefined,
  };
}

function loopingName(event: KernelEvent | undefined): string | undefined {
  return event?.event === 'dead_loop' ? event.device : undefined;
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
  { record, context: { bootTimestampSeconds, ...context }, countedDevices }: AttributeRecordOptions,
): AttributedEvent {
  const { timestampMicroseconds, realtimeMicroseconds } = record;
  const sinceBoot =
    bootTimestampSeconds === undefined
      ? undefined
      : bootTimestampSeconds + timestampMicroseconds / 1e6;
  return {
    ...attributeEvent(event, { ...context, countedDevices }),
    event: event.event,
    timestampSeconds: realtimeMicroseconds === undefined ? sinceBoot : realtimeMicroseconds / 1e6,
  };
}

export interface AttributeEventOptions extends Pick<HostContext, 'devices' | 'hasLost'> {
  /** The devices that are counted by name; undefined puts no limit to the names of other namespaces. */
  readonly countedDevices?: ReadonlySet<string>;
}

/**
 * Finds the device and driver of an event. The bus address leads to the device's present name even when the record gives
 * an old one or none. A name that a device here bears is of that device only where nobody else is likely to have logged it;
 * one that no device here bears is that of another network namespace and stays as it is, unless there are too many of
 * these. One bus address with several devices (multi-port cards) says nothing unless the text names one of them, and a
 * driver's name alone says something only where it has one device.
 *
 * @see docs/decisions/0011-names-of-other-namespaces.md
 */
export function attributeEvent(
  event: KernelEvent,
  { devices, hasLost, countedDevices }: AttributeEventOptions,
): Attribution {
  const named = devices.find(({ name }) => name === event.device);
  const device = findDevice(event, { devices, hasLost, named });
  if (device !== undefined) {
    return { device: device.name, driver: device.driver ?? event.driver ?? '' };
  }
  const name = named === undefined ? (event.device ?? '') : '';
  const isWithinLimit =
    countedDevices === undefined ||
    countedDevices.has(name) ||
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

interface Candidates extends Pick<HostContext, 'devices' | 'hasLost'> {
  /** Bears the name in the text. */
  readonly named: Device | undefined;
}

function findDevice(
  event: KernelEvent,
  { devices, hasLost, named }: Candidates,
): Device | undefined {
  const { device, driver, busAddress } = event;
  if (busAddress !== undefined) {
    const onBus = devices.filter((candidate) => candidate.busAddress === busAddress);
    return onBus.find((candidate) => candidate === named) ?? only(onBus);
  }
  if (device !== undefined) {
    return named !== undefined && isAbout(event, named, hasLost) ? named : undefined;
  }
  return driver === undefined ? undefined : onlyDeviceOf(driver, devices);
}

/** Whether a record without a bus address is about the device here whose name it gives, and not about a namesake. */
function isAbout(
  { event, driver }: KernelEvent,
  { name, kind, driver: ownDriver }: Device,
  hasLost: HostContext['hasLost'],
): boolean {
  switch (event) {
    case 'dead_loop':
      return kind !== 'physical' && (hasLost?.get(name) ?? nodeKinds.has(kind));
    case 'rx_csum_fault':
      return nodeKinds.has(kind);
    case 'unit_hang':
    case 'tx_timeout':
    case 'adapter_reset':
    case 'firmware_fault':
    case 'malicious_driver':
    case 'device_lost':
      // What a driver logs, or the watchdog for it.
      return kind === 'physical' && (!driver || (driverOfModule[driver] ?? driver) === ownDriver);
  }
}

function only(devices: readonly Device[]): Device | undefined {
  return devices.length === 1 ? devices[0] : undefined;
}
