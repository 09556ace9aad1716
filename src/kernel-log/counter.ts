import type { Host } from '../host/host.ts';
import type { KernelRecord } from '../model/kernel-record.ts';
import type { LoggedEvent } from '../model/kernel-event.ts';
import type { KernelEventCount, Ledger, LogPosition } from '../model/ledger.ts';
import { parseHangRegisters } from '../parsers/hang-registers.ts';
import { classifyRecord } from './classify.ts';
import { startOfLog } from './ledger.ts';
import { nameEvent, readSurroundings } from './name-event.ts';
import { advance, isBehind, lostBetween } from './position.ts';
import { createRecentEvents } from './recent-events.ts';
import type { LastHang } from './state.ts';
import { createTally } from './tally.ts';

/** Devices whose last hang is remembered; when there have been so many, older ones are history. */
const largestLastHangs = 1000;

/** What taking a record made of it. */
interface Taken {
  readonly isEvent: boolean;
  /** Records that stood between the last one and this one and were never seen. */
  readonly lost: number;
}

/** Counts records by what they report, each once. */
export interface RecordCounter {
  /** Undefined for a record that was counted before. */
  take(record: KernelRecord): Promise<Taken | undefined>;
  /** How far the log was read. */
  position(): LogPosition;
  events(): readonly KernelEventCount[];
  readonly lastHangs: ReadonlyMap<string, LastHang>;
  /** What was logged last, the newest first. */
  recentEvents(): readonly LoggedEvent[];
  /** Goes on from what an earlier run has counted, or from nothing. */
  restart(ledger: Pick<Ledger, 'position' | 'events'> | undefined): void;
  /** The place in the journal leads nowhere any more; time still tells what was counted. */
  forgetCursor(): void;
}

/** @param host asked for its devices with every event, so it should remember them for a while */
export function createRecordCounter(host: Host): RecordCounter {
  const lastHangs = new Map<string, LastHang>();
  const recent = createRecentEvents();
  let tally = createTally();
  let position = startOfLog;

  return {
    lastHangs,
    recentEvents: recent.list,
    position: () => position,
    events: () => tally.events(),
    restart: (ledger) => {
      tally = createTally(ledger?.events);
      position = ledger?.position ?? startOfLog;
    },
    forgetCursor: () => {
      position = { ...position, cursor: undefined };
    },
    take: async (record) => {
      const event = classifyRecord(record);
      const surroundings = event === undefined ? undefined : await readSurroundings(host);
      const named =
        event === undefined || surroundings === undefined
          ? undefined
          : nameEvent(event, record, surroundings);
      if (named !== undefined) {
        // Also what an earlier run has counted.
        recent.add({ ...named, text: record.text }, record.timestampMicroseconds);
      }
      if (named?.event === 'unit_hang' && named.timestampSeconds !== undefined) {
        // Also when it was counted by an earlier run: a hang may outlast the agent.
        if (lastHangs.size >= largestLastHangs) {
          lastHangs.clear();
        }
        lastHangs.set(named.device, {
          timestampSeconds: named.timestampSeconds,
          registers: parseHangRegisters(record.text),
        });
      }
      if (isBehind(record, position)) {
        return undefined;
      }
      const lost = lostBetween(position, record);
      position = advance(record);
      if (named !== undefined) {
        tally.add(named, surroundings?.devices ?? []);
      }
      return { isEvent: named !== undefined, lost };
    },
  };
}
