import type { Device, DeviceKind } from '../model/device.ts';
import type { LoggedEvent } from '../model/kernel-event.ts';
import type { KernelRecord } from '../model/kernel-record.ts';
import { parseBootTimestampSeconds } from '../parsers/number.ts';
import type { KernelEvent } from './classify.ts';
import type { LossWitness, WitnessedDevice } from './loss-witness.ts';
import { onlyDeviceOf } from './only-device.ts';
import type { DriverDevice } from './only-device.ts';

/** Virtual devices of a node; veth and the like belong to containers. */
const nodeKinds: ReadonlySet<DeviceKind> = new Set(['vxlan', 'geneve', 'bond', 'bridge', 'vlan']);
/** The driver of each module that logs under a name of its own. */
const driverOfModule: Readonly<Record<string, string>> = { mlx4_en: 'mlx4_core' };

/**
 * Max devices outside this namespace, or gone, that have series of their own. Containers come and go; the number of
 * series must stay bounded.
 */
export const maxForeignDevices = 100;

type HostDevice = WitnessedDevice & DriverDevice;

/** The host as attribution needs it. */
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
  readonly hasLost?: ReadonlyMap<string, boolean | undefined> | undefined;
}

/** The device and driver an event is attributed to, as in other metrics; empty where unknown. */
export type Attribution = Pick<LoggedEvent, 'device' | 'driver'>;

/** An event of the log without its text. */
export type AttributedEvent = Omit<LoggedEvent, 'text'>;

/**
 * Reads the context of events. If sysfs or procfs cannot be read, events are counted under the names in the log.
 *
 * @param events the events the witness is asked about; none for another boot
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
  /** Devices counted by name. */
  readonly countedDevices: ReadonlySet<string>;
}

/** Attributes the event of a record to a device and driver, and adds its timestamp. */
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
  /** Devices counted by name; undefined sets no limit for names of other namespaces. */
  readonly countedDevices?: ReadonlySet<string>;
}

/**
 * Finds the device and driver of an event. A bus address identifies the device under its current name, even if the record
 * has an old name or none; where several devices share the address (multi-port cards), the text must name one of them. A
 * name alone is taken for a local device only if no namesake in another namespace is likely to have logged it; a name
 * that no local device has is kept, up to a limit. A driver alone identifies a device only if it has just one.
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

/** The names that no local device has. */
export function foreignDevices(
  names: ReadonlySet<string>,
  devices: readonly Device[],
): readonly string[] {
  const present = new Set(devices.map(({ name }) => name));
  return [...names].filter((name) => name !== '' && !present.has(name));
}

interface Candidates extends Pick<HostContext, 'devices' | 'hasLost'> {
  /** The device with the name in the text. */
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

/** Whether a record without a bus address is about the local device it names, not a namesake in another namespace. */
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
      // Logged by the driver, or by the watchdog for it.
      return kind === 'physical' && (!driver || (driverOfModule[driver] ?? driver) === ownDriver);
  }
}

function only(devices: readonly Device[]): Device | undefined {
  return devices.length === 1 ? devices[0] : undefined;
}
