import pLimit from 'p-limit';

import { createTimer } from './timer.ts';

export interface GateOptions {
  /** Reads that are started at the same time. */
  readonly places: number;
  /** How long a read keeps its place; one that takes longer is waiting, not working, and gives it to others. */
  readonly placeMilliseconds: number;
  /** Reads in flight together, those that are waiting included: each may hold a thread of the pool. */
  readonly capacity: number;
  readonly deadlineMilliseconds: number;
}

/** Lets reads through, some at a time, and only one of each lane. */
export interface Gate {
  /**
   * Starts a read when it is its turn, and gives what it gives; undefined when its turn does not come within the
   * deadline, because the lane or the whole gate is blocked by reads that do not come back.
   */
  pass<Flight extends InFlight>(lane: string, launch: () => Flight): Promise<Flight | undefined>;
}

/** A read that was started. */
interface InFlight {
  /** Never rejects. */
  readonly ended: Promise<unknown>;
}

/** What blocks a lane: the last read that was let into it. */
interface Turn {
  readonly end: Moment;
  /** Nobody waits for it any more. */
  isOverdue: boolean;
}

/** Makes a gate. Nothing of it ever waits for longer than the deadline. */
export function createGate({
  places,
  placeMilliseconds,
  capacity,
  deadlineMilliseconds,
}: GateOptions): Gate {
  const limit = pLimit(places);
  const lanes = new Map<string, Turn>();
  let inFlight = 0;
  /** Settled when one read more may be in flight. */
  let vacancy = createMoment();

  /** Waits for something; says whether it came before the deadline, which counts from a moment that is past. */
  const comesInTime = async (awaited: Promise<void>, since: number): Promise<boolean> => {
    const deadline = createTimer(Math.max(0, since + deadlineMilliseconds - performance.now()));
    await Promise.race([awaited, deadline.over]);
    deadline.cancel();
    return !deadline.isOver();
  };

  /** Takes one of the reads that may be in flight; says whether one could be had in time. */
  const reserve = async (since: number): Promise<boolean> => {
    while (!hasVacancy()) {
      if (!(await comesInTime(vacancy.comes, since))) {
        return false;
      }
    }
    // In the same turn as the look: others wait for the same vacancy.
    inFlight += 1;
    return true;
  };

  const hasVacancy = (): boolean => inFlight < capacity;

  return {
    pass: async (lane, launch) => {
      const since = performance.now();
      const ahead = lanes.get(lane);
      if (ahead?.isOverdue === true) {
        return undefined;
      }
      const turn: Turn = { end: createMoment(), isOverdue: false };
      const end = (): void => {
        turn.end.come();
        if (lanes.get(lane) === turn) {
          lanes.delete(lane);
        }
      };
      lanes.set(lane, turn);
      if (ahead !== undefined && !(await comesInTime(ahead.end.comes, since))) {
        // Whoever comes next finds the lane blocked for as long as the read ahead blocks it.
        ahead.isOverdue = true;
        turn.isOverdue = true;
        void ahead.end.comes.then(end);
        return undefined;
      }
      return limit(async () => {
        if (!(await reserve(since))) {
          end();
          return undefined;
        }
        const flight = launch();
        void flight.ended.then(() => {
          inFlight -= 1;
          vacancy.come();
          vacancy = createMoment();
          end();
        });
        const patience = createTimer(placeMilliseconds);
        await Promise.race([flight.ended, patience.over]);
        patience.cancel();
        return flight;
      });
    },
  };
}

/** Something that comes once, and can be waited for. */
interface Moment {
  readonly comes: Promise<void>;
  readonly come: () => void;
}

function createMoment(): Moment {
  let come: (() => void) | undefined;
  const comes = new Promise<void>((resolve) => {
    come = resolve;
  });
  return { comes, come: () => come?.() };
}
