import type { Device } from '../model/device.ts';
import type { LoggedEvent } from '../model/kernel-event.ts';
import type { KernelRecord } from '../model/kernel-record.ts';
import type { KernelEventCount, Ledger, LogPosition } from '../model/ledger.ts';
import { parseHangRegisters } from '../parsers/hang-registers.ts';
import type { HangRegisters } from '../parsers/hang-registers.ts';
import {
  attributeRecord,
  foreignDevices,
  maxForeignDevices,
  readHostContext,
} from './attribute.ts';
import type { AttributedEvent, AttributionHost } from './attribute.ts';
import { classifyRecord } from './classify.ts';
import { isBehind, lostBetween, positionOf, startOfLog } from './ledger.ts';
import { createLossWitness } from './loss-witness.ts';
import { createRecentEvents } from './recent.ts';

/** Max devices whose last hang is kept; beyond it, all are discarded. */
const maxLastHangs = 1000;

const suppressedPattern = /(?:^|: )(?:net_ratelimit|__ratelimit): (\d{1,10}) callbacks suppressed/;

/** The last hang record of a device. */
export interface LastHang {
  readonly timestampSeconds: number;
  /** Undefined where the record was cut short. */
  readonly registers: HangRegisters | undefined;
  /** Whether its driver logged a reset of the device after it. */
  readonly isReset: boolean;
}

/** The result of counting records, without those that were counted before. */
interface Counted {
  readonly records: number;
  readonly events: number;
  /** Records missing between the counted ones. */
  readonly lost: number;
  /** Messages suppressed by the kernel's rate limit. */
  readonly suppressed: number;
}

/** Counts events in records, each record once. */
export interface RecordCounter {
  count(records: readonly KernelRecord[]): Promise<Counted>;
  /** How far the log was read. */
  position(): LogPosition;
  events(): readonly KernelEventCount[];
  readonly lastHangs: ReadonlyMap<string, LastHang>;
  /** The latest events of each device, newest first. */
  recentEvents(): readonly LoggedEvent[];
  /** Continues from the ledger of an earlier run, or from zero. */
  restart(ledger: Pick<Ledger, 'position' | 'events'> | undefined): void;
  /** Drops an invalid journal cursor; timestamps still tell which records were counted. */
  dropCursor(): void;
}

/** @param host should cache its devices: they are listed whenever there are events */
export function createRecordCounter(host: AttributionHost): RecordCounter {
  const lastHangs = new Map<string, LastHang>();
  const recent = createRecentEvents();
  const witness = createLossWitness();
  let counts = createEventCounts();
  let position = startOfLog;

  /** Keeps an event, even if an earlier run has counted it: a hang may outlast the agent. */
  const note = (event: AttributedEvent, record: KernelRecord, devices: readonly Device[]): void => {
    recent.add(
      { ...event, text: record.text },
      {
        timestampMicroseconds: record.timestampMicroseconds,
        isHostDevice: devices.some(({ name }) => name === event.device),
      },
    );
    if (event.event === 'unit_hang' && event.timestampSeconds !== undefined) {
      if (lastHangs.size >= maxLastHangs) {
        lastHangs.clear();
      }
      lastHangs.set(event.device, {
        timestampSeconds: event.timestampSeconds,
        registers: parseHangRegisters(record.text),
        isReset: false,
      });
    }
    const lastHang = lastHangs.get(event.device);
    if (event.event === 'adapter_reset' && lastHang !== undefined) {
      lastHangs.set(event.device, { ...lastHang, isReset: true });
    }
  };

  return {
    lastHangs,
    recentEvents: recent.list,
    position: () => position,
    events: () => counts.list(),
    restart: (ledger) => {
      counts = createEventCounts(ledger?.events);
      position = ledger?.position ?? startOfLog;
    },
    dropCursor: () => {
      position = { ...position, cursor: undefined };
    },
    count: async (records) => {
      const events = records.map((record) => classifyRecord(record));
      const context = events.some((event) => event !== undefined)
        ? await readHostContext(host, events, witness)
        : undefined;
      const devices = context?.devices ?? [];
      const counted = { records: 0, events: 0, lost: 0, suppressed: 0 };
      for (const [index, record] of records.entries()) {
        const event = events[index];
        const attributed =
          event === undefined || context === undefined
            ? undefined
            : attributeRecord(event, { record, context, countedDevices: counts.devices });
        if (attributed !== undefined) {
          note(attributed, record, devices);
        }
        if (!isBehind(record, position)) {
          counted.records += 1;
          counted.lost += lostBetween(position, record);
          counted.suppressed += suppressedCallbacks(record);
          position = positionOf(record);
          if (attributed !== undefined) {
            counted.events += 1;
            counts.add(attributed, devices);
          }
        }
      }
      return counted;
    },
  };
}

function suppressedCallbacks({ facility, text }: KernelRecord): number {
  return facility === 0 ? Number(suppressedPattern.exec(text)?.[1] ?? 0) : 0;
}

/** Counts events by device and class. */
export interface EventCounts {
  add(event: AttributedEvent, devices: readonly Device[]): void;
  /** All devices counted by name. */
  readonly devices: ReadonlySet<string>;
  /** The same array while nothing is added. */
  list(): readonly KernelEventCount[];
}

/** Continues from previous counts. */
export function createEventCounts(previous: readonly KernelEventCount[] = []): EventCounts {
  let listed: readonly KernelEventCount[] | undefined;
  const counts = new Map(previous.map((count) => [eventKey(count), count]));
  const names = new Set(previous.map(({ device }) => device));

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

  /** Merges the counts of foreign devices into counts without a name. */
  const mergeForeignDevices = (devices: readonly Device[]): void => {
    const foreign = new Set(foreignDevices(names, devices));
    for (const [key, event] of counts) {
      if (foreign.has(event.device)) {
        counts.delete(key);
        add({ ...event, device: '' });
        names.delete(event.device);
      }
    }
  };

  return {
    devices: names,
    add: ({ timestampSeconds, ...event }, devices) => {
      listed = undefined;
      add({ ...event, count: 1, lastTimestampSeconds: timestampSeconds });
      if (names.size > devices.length + 2 * maxForeignDevices) {
        mergeForeignDevices(devices);
      }
    },
    list: () => {
      listed ??= [...counts.values()];
      return listed;
    },
  };
}

function latest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
}

/**
 * The key of an event's series. A device has one series per event, although records of the kernel's core name no driver.
 */
export function eventKey({
  device,
  driver,
  event,
}: Pick<KernelEventCount, 'device' | 'driver' | 'event'>): string {
  return JSON.stringify([device, device === '' ? driver : '', event]);
}
