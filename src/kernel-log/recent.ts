import type { LoggedEvent } from '../model/kernel-event.ts';

/** The latest events of the log with their text. */
export interface RecentEvents {
  /** Deduplicates records: the log is read again after its source has failed. */
  add(event: LoggedEvent, options: AddEventOptions): void;
  /** Newest first; the same array while nothing is added. */
  list(): readonly LoggedEvent[];
}

interface AddEventOptions {
  readonly timestampMicroseconds: number;
  /** Whether the host has a device of that name. Devices of containers are too many to keep events of each. */
  readonly isHostDevice: boolean;
}

const maxEventsPerDevice = 10;
const maxEvents = 200;
/** A hang record with its registers has about 400 characters. */
const maxTextLength = 1000;

interface Entry {
  readonly timestampMicroseconds: number;
  readonly event: LoggedEvent;
  /** A group that exceeds its limit evicts only its own events. */
  readonly group: string;
}

/**
 * Creates a bounded buffer of the latest events. The limit per device keeps a noisy device from evicting the events of
 * others.
 */
export function createRecentEvents(): RecentEvents {
  /** Oldest first. */
  let entries: readonly Entry[] = [];
  let listed: readonly LoggedEvent[] | undefined;

  return {
    add: (event, { timestampMicroseconds, isHostDevice }) => {
      const bounded = { ...event, text: boundedText(event.text) };
      const isSame = (entry: Entry): boolean =>
        entry.timestampMicroseconds === timestampMicroseconds && entry.event.text === bounded.text;
      if (entries.some(isSame)) {
        return;
      }
      const group = groupOf(event, isHostDevice);
      const later = entries.findIndex(
        (entry) => entry.timestampMicroseconds > timestampMicroseconds,
      );
      const place = later === -1 ? entries.length : later;
      entries = withinBounds(
        entries.toSpliced(place, 0, { timestampMicroseconds, event: bounded, group }),
        group,
      );
      listed = undefined;
    },
    list: () => {
      listed ??= entries.map(({ event }) => event).toReversed();
      return listed;
    },
  };
}

/** Devices of other namespaces, and those that are gone, share one group per driver. */
function groupOf({ device, driver }: LoggedEvent, isHostDevice: boolean): string {
  return JSON.stringify(isHostDevice ? { device } : { driver });
}

/** Evicts the oldest event of the group added to if it exceeds its limit, or of the largest group at the total limit. */
function withinBounds(entries: readonly Entry[], added: string): readonly Entry[] {
  const sizes = new Map<string, number>();
  for (const { group } of entries) {
    sizes.set(group, (sizes.get(group) ?? 0) + 1);
  }
  if ((sizes.get(added) ?? 0) > maxEventsPerDevice) {
    return withoutOldest(entries, ({ group }) => group === added);
  }
  if (entries.length > maxEvents) {
    const largest = Math.max(...sizes.values());
    return withoutOldest(entries, ({ group }) => sizes.get(group) === largest);
  }
  return entries;
}

function withoutOldest(
  entries: readonly Entry[],
  isCandidate: (entry: Entry) => boolean,
): readonly Entry[] {
  return entries.toSpliced(entries.findIndex(isCandidate), 1);
}

function boundedText(text: string): string {
  return text.length <= maxTextLength ? text : `${text.slice(0, maxTextLength)}…`;
}
