import type { LoggedEvent } from '../model/kernel-event.ts';

/** The last events of the log, as they were logged. */
export interface RecentEvents {
  /** A record may be added again: the log is read anew when its source has failed. */
  add(event: LoggedEvent, options: AddEventOptions): void;
  /** The newest first; the same object for as long as nothing is added. */
  list(): readonly LoggedEvent[];
}

interface AddEventOptions {
  readonly timestampMicroseconds: number;
  /** Whether the host has a device of that name. Those of containers are too many to keep events of each. */
  readonly isHostDevice: boolean;
}

const maxEventsPerDevice = 10;
const maxEvents = 200;
/** A hang record with its registers takes some 400. */
const maxTextLength = 1000;

interface Entry {
  readonly timestampMicroseconds: number;
  readonly event: LoggedEvent;
  /** Events of one group push out none but each other. */
  readonly group: string;
}

/**
 * Makes the memory of the last events: those of each device apart, so that a noisy one leaves the others' their place,
 * and bounded in their number and in their length.
 */
export function createRecentEvents(): RecentEvents {
  /** The oldest first. */
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

/** Devices of other namespaces, and those that are gone, share one place for each driver. */
function groupOf({ device, driver }: LoggedEvent, isHostDevice: boolean): string {
  return JSON.stringify(isHostDevice ? { device } : { driver });
}

/** Drops the oldest event of the group that was added to, or else of the largest, where there are too many. */
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
