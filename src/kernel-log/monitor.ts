import { setTimeout } from 'node:timers/promises';

import type { Host } from '../host/host.ts';
import type { Device } from '../model/device.ts';
import { SourceError } from '../model/errors.ts';
import type { KernelEventName } from '../model/kernel-event.ts';
import type { KernelRecord } from '../model/kernel-record.ts';
import { parseBootTimestampSeconds } from '../parsers/proc-stat.ts';
import { attributeEvent } from './attribute.ts';
import { classifyRecord } from './classify.ts';

/** How long a kernel log that cannot be read is left alone before it is tried again. */
const defaultRetryMilliseconds = 5000;
/**
 * Devices the log may name beyond those of this namespace before further ones are counted without a name. Containers
 * come and go; the number of series must not.
 */
const largestForeignDevices = 100;

const suppressedPattern = /(?:^|: )(?:net_ratelimit|__ratelimit): (\d{1,10}) callbacks suppressed/;

/** Events of one class on one device since boot. Device and driver are empty where the log does not tell. */
export interface KernelEventCount {
  readonly device: string;
  readonly driver: string;
  readonly event: KernelEventName;
  readonly count: number;
  /** Unknown where the boot time is. */
  readonly lastTimestampSeconds: number | undefined;
}

/** What the kernel log has told so far. */
export interface KernelLogState {
  readonly up: boolean;
  /** Why the log cannot be read, while it cannot. */
  readonly error: SourceError | undefined;
  readonly records: number;
  /** Overwritten before they were read. */
  readonly lost: number;
  /** Left out by the kernel's own rate limit. */
  readonly suppressed: number;
  readonly events: readonly KernelEventCount[];
}

export interface KernelLogMonitorOptions {
  readonly retryMilliseconds?: number;
}

export interface KernelLogMonitor {
  /** Follows the log until `signal` is aborted; a log that cannot be read is tried again and again. */
  run(signal: AbortSignal): Promise<void>;
  /**
   * Resolves when what the log held at first has been counted, or the log cannot be read. Counts before that would
   * later rise by events that are long past.
   */
  readonly caughtUp: Promise<void>;
  state(): KernelLogState;
}

/**
 * Counts the events of the kernel log. A log that is closed and opened again replays its ring; nothing is counted
 * twice.
 *
 * @param host asked for its devices with every event, so it should remember them for a while
 */
export function createKernelLogMonitor(
  host: Host,
  { retryMilliseconds = defaultRetryMilliseconds }: KernelLogMonitorOptions = {},
): KernelLogMonitor {
  const events = new Map<string, KernelEventCount>();
  const foreignDevices = new Set<string>();
  let error: SourceError | undefined;
  let resolveCaughtUp: (() => void) | undefined;
  const caughtUp = new Promise<void>((resolve) => {
    resolveCaughtUp = resolve;
  });
  let lastSequence: number | undefined;
  let records = 0;
  let lost = 0;
  let suppressed = 0;

  const count = async (record: KernelRecord): Promise<void> => {
    const event = classifyRecord(record);
    if (event === undefined) {
      return;
    }
    const { devices, bootTimestampSeconds } = await readSurroundings(host);
    const named = attributeEvent(event, devices);
    const device = boundedName(named.device, devices, foreignDevices);
    // The core's records name no driver: one device has one series per event all the same.
    const key = JSON.stringify([device, device === '' ? named.driver : '', event.event]);
    const before = events.get(key);
    events.set(key, {
      device,
      driver: named.driver === '' ? (before?.driver ?? '') : named.driver,
      event: event.event,
      count: (before?.count ?? 0) + 1,
      lastTimestampSeconds:
        bootTimestampSeconds === undefined
          ? before?.lastTimestampSeconds
          : bootTimestampSeconds + record.timestampMicroseconds / 1e6,
    });
  };

  const take = async (record: KernelRecord): Promise<void> => {
    if (lastSequence !== undefined) {
      if (record.sequence <= lastSequence) {
        return;
      }
      lost += record.sequence - lastSequence - 1;
    }
    lastSequence = record.sequence;
    records += 1;
    suppressed += suppressedCallbacks(record);
    await count(record);
  };

  return {
    run: async (signal) => {
      while (!signal.aborted) {
        try {
          for await (const { records: batch, caughtUp: isCaughtUp } of host.kernelLog(signal)) {
            error = undefined;
            for (const record of batch) {
              await take(record);
            }
            if (isCaughtUp) {
              resolveCaughtUp?.();
            }
          }
        } catch (caught) {
          error =
            caught instanceof SourceError
              ? caught
              : new SourceError('failed', `cannot follow the kernel log: ${String(caught)}`, {
                  cause: caught,
                });
          resolveCaughtUp?.();
          await setTimeout(retryMilliseconds, undefined, { signal }).catch(() => {});
        }
      }
    },
    caughtUp,
    state: () => ({
      up: error === undefined,
      error,
      records,
      lost,
      suppressed,
      events: [...events.values()],
    }),
  };
}

/** An event is counted even where sysfs or procfs cannot be read; it then keeps the names the log gives. */
async function readSurroundings(host: Host): Promise<{
  readonly devices: readonly Device[];
  readonly bootTimestampSeconds: number | undefined;
}> {
  const [devices, boot] = await Promise.allSettled([
    host.devices(),
    host.readFile('/proc/stat').then(parseBootTimestampSeconds),
  ]);
  return {
    devices: devices.status === 'fulfilled' ? devices.value : [],
    bootTimestampSeconds: boot.status === 'fulfilled' ? boot.value : undefined,
  };
}

function suppressedCallbacks({ facility, text }: KernelRecord): number {
  return facility === 0 ? Number(suppressedPattern.exec(text)?.[1] ?? 0) : 0;
}

function boundedName(
  name: string,
  devices: readonly Device[],
  foreignDevices: Set<string>,
): string {
  if (name === '' || foreignDevices.has(name) || devices.some((device) => device.name === name)) {
    return name;
  }
  if (foreignDevices.size >= largestForeignDevices) {
    return '';
  }
  foreignDevices.add(name);
  return name;
}
