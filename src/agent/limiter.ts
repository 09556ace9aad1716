import type { PollClock } from './poll-clock.ts';

/** One tick of the poll clock. */
export const tickMilliseconds = 25;
/** Deadline for the reads of a poll. Shorter than a scrape waits, so that a stuck device costs no other its samples. */
export const deadlineTicks = 16;
/** Minimum timeout of a read that starts late: with thousands of devices a poll outlasts the deadline. */
const minTicks = 4;

export interface LimiterOptions {
  /** Max active reads. One that takes longer than a tick is blocked and no longer counts as active. */
  readonly concurrency: number;
  /** Max reads in flight, blocked ones included: each may hold a thread of the pool. */
  readonly capacity: number;
  readonly clock: PollClock;
}

/** A read that waits for the limiter. */
export interface LimitedRead {
  /** At most one read with the same key is in flight. */
  readonly key: object;
  /** Starts the read and calls back asynchronously when it has ended, on success and on failure. */
  start(ended: () => void): void;
  /** Called when the read times out. If it was started, it stays in flight. */
  onTimeout(): void;
}

/** Limits concurrency; at most one read per key is in flight. */
export interface Limiter {
  /** Queues a read. It times out at once if another with its key has timed out and is still in flight. */
  add(read: LimitedRead): void;
}

interface InFlight {
  readonly read: LimitedRead;
  readonly startedAtTick: number;
  /** Counts towards the concurrency. */
  isActive: boolean;
  isTimedOut: boolean;
}

/** Creates a limiter. After the deadline, queued reads time out as soon as no read could be started for a while. */
export function createLimiter({ concurrency, capacity, clock }: LimiterOptions): Limiter {
  /** First in, first out. */
  let queue: LimitedRead[] = [];
  /** By key. */
  const inFlight = new Map<object, InFlight>();
  let active = 0;
  /** When a read was last started. */
  let lastStartTick = 0;

  const deactivate = (flight: InFlight): void => {
    if (flight.isActive) {
      flight.isActive = false;
      active -= 1;
    }
  };

  const end = (flight: InFlight): void => {
    deactivate(flight);
    inFlight.delete(flight.read.key);
    startNext();
  };

  const start = (read: LimitedRead): void => {
    lastStartTick = clock.ticks();
    const flight = { read, startedAtTick: lastStartTick, isActive: true, isTimedOut: false };
    inFlight.set(read.key, flight);
    active += 1;
    read.start(() => {
      end(flight);
    });
  };

  const startNext = (): void => {
    for (let index = 0; index < queue.length && canStart();) {
      const read = queue[index];
      if (read === undefined || inFlight.has(read.key)) {
        index += 1;
      } else {
        queue.splice(index, 1);
        start(read);
      }
    }
  };

  const canStart = (): boolean => active < concurrency && inFlight.size < capacity;

  const timeOutQueued = (isExpired: (read: LimitedRead) => boolean): void => {
    const expired = queue.filter(isExpired);
    queue = queue.filter((read) => !isExpired(read));
    for (const read of expired) {
      read.onTimeout();
    }
  };

  clock.onTick((ticks) => {
    // The tick may be of an earlier, longer poll.
    lastStartTick = Math.min(lastStartTick, ticks);
    for (const flight of inFlight.values()) {
      // Negative for a read of an earlier poll, which has already timed out.
      const age = ticks - flight.startedAtTick;
      if (age > 1) {
        deactivate(flight);
      }
      if (!flight.isTimedOut && ticks >= deadlineTicks && age >= minTicks) {
        flight.isTimedOut = true;
        flight.read.onTimeout();
      }
    }
    startNext();
    const isStuck = ticks >= deadlineTicks && ticks - lastStartTick >= minTicks;
    timeOutQueued(({ key }) => isStuck || inFlight.get(key)?.isTimedOut === true);
  });

  return {
    add: (read) => {
      if (inFlight.get(read.key)?.isTimedOut === true) {
        read.onTimeout();
      } else {
        queue.push(read);
        startNext();
      }
    },
  };
}
