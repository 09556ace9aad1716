import type { Host } from '../host/host.ts';
import type { Device } from '../model/device.ts';
import type { KernelRecord } from '../model/kernel-record.ts';
import { parseBootTimestampSeconds } from '../parsers/proc-stat.ts';
import { attributeEvent } from './attribute.ts';
import type { KernelEvent } from './classify.ts';
import type { NamedEvent } from './tally.ts';

/** What an event is seen against: who is here, and when the machine started. */
export interface Surroundings {
  readonly devices: readonly Device[];
  readonly bootTimestampSeconds: number | undefined;
}

/** An event is counted even where sysfs or procfs cannot be read; it then keeps the names the log gives. */
export async function readSurroundings(
  host: Pick<Host, 'devices' | 'readFile'>,
): Promise<Surroundings> {
  const [devices, boot] = await Promise.allSettled([
    host.devices(),
    host.readFile('/proc/stat').then(parseBootTimestampSeconds),
  ]);
  return {
    devices: devices.status === 'fulfilled' ? devices.value : [],
    bootTimestampSeconds: boot.status === 'fulfilled' ? boot.value : undefined,
  };
}

/** Names what an event is about, and when it was. */
export function nameEvent(
  event: KernelEvent,
  { timestampMicroseconds, realtimeMicroseconds }: KernelRecord,
  { devices, bootTimestampSeconds }: Surroundings,
): NamedEvent {
  const sinceBoot =
    bootTimestampSeconds === undefined
      ? undefined
      : bootTimestampSeconds + timestampMicroseconds / 1e6;
  return {
    ...attributeEvent(event, devices),
    event: event.event,
    timestampSeconds: realtimeMicroseconds === undefined ? sinceBoot : realtimeMicroseconds / 1e6,
  };
}
