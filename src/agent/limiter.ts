import type { PollClock } from './poll-clock.ts';

/** Of the clock of polls. */
export const tickMilliseconds = 25;
/** Reads are given up when the poll is this old. It is less than a scrape waits, so that a stuck device costs no other. */
export const deadlineTicks = 16;
/** With thousands of devices a poll takes longer though all of them answer: a read begun late has at least this long. */
const minTicks = 4;

export interface LimiterOptions {
  /** Reads that work at the same time. One that takes longer than a tick waits for something, and no longer counts. */
  readonly concurrency: number;
  /** Reads in flight together, those that wait included: each may hold a thread of the pool. */
  readonly capacity: number;
  readonly clock: PollClock;
}

/** What is to be read. */
export interface LimitedRead {
  /** At most one read with the same key is in flight. */
  readonly key: object;
  /** Begins to read, and calls back, later, when the read has ended, well or not. */
  start(ended: () => void): void;
  /** Nobody waits for the read any more. One that was started stays in flight. */
  giveUp(): void;
}

/** Limits concurrency; at most one read per key is in flight. */
export interface Limiter {
  /** Starts a read when its turn comes, or gives it up: at once where one with its key was given up and is in flight. */
  add(read: LimitedRead): void;
}

interface InFlight {
  readonly read: LimitedRead;
  readonly startedAtTick: number;
  /** Counts among those that work. */
  isWorking: boolean;
  isGivenUp: boolean;
}

/** Makes a limiter. Nobody waits for it for much longer than the deadline, unless reads can still be started all the time. */
export function createLimiter({ concurrency, capacity, clock }: LimiterOptions): Limiter {
  /** In the order in which they came. */
  let queue: LimitedRead[] = [];
  /** By key. */
  const inFlight = new Map<object, InFlight>();
  let working = 0;
  /** When a read was started last. */
  let startedAtTick = 0;

  const stopWorking = (flight: InFlight): void => {
    if (flight.isWorking) {
      flight.isWorking = false;
      working -= 1;
    }
  };

  const end = (flight: InFlight): void => {
    stopWorking(flight);
    inFlight.delete(flight.read.key);
    startNext();
  };

  const start = (read: LimitedRead): void => {
    startedAtTick = clock.ticks();
    const flight = { read, startedAtTick, isWorking: true, isGivenUp: false };
    inFlight.set(read.key, flight);
    working += 1;
    read.start(() => {
      end(flight);
    });
  };

  const startNext = (): void => {
    for (let index = 0; index < queue.length && hasRoom();) {
      const read = queue[index];
      if (read === undefined || inFlight.has(read.key)) {
        index += 1;
      } else {
        queue.splice(index, 1);
        start(read);
      }
    }
  };

  const hasRoom = (): boolean => working < concurrency && inFlight.size < capacity;

  const giveUpQueue = (isLost: (read: LimitedRead) => boolean): void => {
    const lost = queue.filter(isLost);
    queue = queue.filter((read) => !isLost(read));
    for (const read of lost) {
      read.giveUp();
    }
  };

  clock.onTick((ticks) => {
    // It may have been late in an earlier poll.
    startedAtTick = Math.min(startedAtTick, ticks);
    for (const flight of inFlight.values()) {
      // Negative for one of an earlier poll, which was given up in it.
      const age = ticks - flight.startedAtTick;
      if (age > 1) {
        stopWorking(flight);
      }
      if (!flight.isGivenUp && ticks >= deadlineTicks && age >= minTicks) {
        flight.isGivenUp = true;
        flight.read.giveUp();
      }
    }
    startNext();
    const isStuck = ticks >= deadlineTicks && ticks - startedAtTick >= minTicks;
    giveUpQueue(({ key }) => isStuck || inFlight.get(key)?.isGivenUp === true);
  });

  return {
    add: (read) => {
      if (inFlight.get(read.key)?.isGivenUp === true) {
        read.giveUp();
      } else {
        queue.push(read);
        startNext();
      }
    },
  };
}
