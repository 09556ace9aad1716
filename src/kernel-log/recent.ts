import type { LoggedEvent } from '../model/kernel-event.ts';

/** The last events of the log, as they were logged. */
export interface RecentEvents {
  /** A record may be added again: the log is read anew when its source has failed. */
  add(event: LoggedEvent, timestampMicroseconds: number): void;
  /** The newest first; the same object for as long as nothing is added. */
  list(): readonly LoggedEvent[];
}

const maxEvents = 50;
/** A hang record with its registers takes some 400. */
const maxTextLength = 1000;

interface Entry {
  readonly timestampMicroseconds: number;
  readonly event: LoggedEvent;
}

/** Makes the memory of the last events, bounded in their number and in their length. */
export function createRecentEvents(): RecentEvents {
  /** The oldest first. */
  let entries: readonly Entry[] = [];
  let listed: readonly LoggedEvent[] | undefined;

  return {
    add: (event, timestampMicroseconds) => {
      const bounded = { ...event, text: boundedText(event.text) };
      const isSame = (entry: Entry): boolean =>
        entry.timestampMicroseconds === timestampMicroseconds && entry.event.text === bounded.text;
      if (entries.some(isSame)) {
        return;
      }
      const later = entries.findIndex(
        (entry) => entry.timestampMicroseconds > timestampMicroseconds,
      );
      const place = later === -1 ? entries.length : later;
      entries = entries
        .toSpliced(place, 0, { timestampMicroseconds, event: bounded })
        .slice(-maxEvents);
      listed = undefined;
    },
    list: () => {
      listed ??= entries.map(({ event }) => event).toReversed();
      return listed;
    },
  };
}

function boundedText(text: string): string {
  return text.length <= maxTextLength ? text : `${text.slice(0, maxTextLength)}…`;
}
