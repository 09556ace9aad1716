import { SourceError } from '../model/errors.ts';
import { deadlineTicks, tickMilliseconds } from './limiter.ts';
import type { LimitedRead, Limiter } from './limiter.ts';
import type { PollClock } from './poll-clock.ts';

export interface GuardedReadOptions {
  /** What is read, for messages: `driver statistics of "eno1"`. */
  readonly what: () => string;
  readonly clock: PollClock;
  readonly limiter: Limiter;
  /** At most one of the reads with the same key is in flight: what they read is one device. */
  readonly key: object;
  /** How long what was read holds; it is read with every poll by default. */
  readonly ttl?: Ttl;
}

/** What was read is not read again for so long, as long as nothing tells that it may have changed. */
export interface Ttl {
  readonly milliseconds: number;
  /** Changes when what was read may have changed; undefined where nobody tells, and then it is read anew. */
  readonly generation: () => number | string | undefined;
}

export interface GuardedRead<Value> {
  /** Reads anew, at most once a poll, what is not known. Calls back, maybe at once, when that is over, well or not. */
  refresh(ended: () => void): void;
  /**
   * What the last refresh gave.
   *
   * @throws {SourceError} `timeout` when the read, or an earlier one still in flight, takes too long.
   */
  get(): Value;
  /** Whether it was ever refreshed. */
  isKnown(): boolean;
}

/** How a read ended. */
type Outcome<Value> = { readonly value: Value } | { readonly error: unknown };

/** An answer that came too late. */
interface LateAnswer<Value> {
  readonly outcome: Outcome<Value>;
  /** How many came too late one after the other. */
  readonly times: number;
  /** Until then the device is left alone. */
  readonly resumeAt: number;
}

/** A device that answers late again and again is left alone for twice as long each time, but not for longer than a poll. */
const firstPauseMilliseconds = 1000;
const maxPauseMilliseconds = 10_000;
/** A late answer is no news after this. */
const lateTtlMilliseconds = 60_000;

/**
 * Guards a read that may block for as long as a driver pleases. It has the deadline of the poll; while it is still in
 * flight it is not started again but reported; when it comes too late it serves the next poll, so that a slow device is
 * one poll behind and not lost, and the device is given a pause.
 */
export function createGuardedRead<Value>(
  read: () => Promise<Value>,
  { what, clock, limiter, key, ttl }: GuardedReadOptions,
): GuardedRead<Value> {
  let refreshedPoll = 0;
  let outcome: Outcome<Value> | undefined;
  /** Of the outcome, where it may be kept. */
  let generation: number | string | undefined;
  let expiresAt = 0;
  let late: LateAnswer<Value> | undefined;
  let isInFlight = false;
  /** Those that wait for the read; undefined when nobody does. */
  let waiting: (() => void)[] | undefined;

  const finish = (ended: Outcome<Value> | undefined): void => {
    outcome = ended;
    const callbacks = waiting;
    waiting = undefined;
    callbacks?.forEach((callback) => {
      callback();
    });
  };

  const settle = (ended: Outcome<Value>): void => {
    isInFlight = false;
    if (waiting === undefined) {
      const times = (late?.times ?? 0) + 1;
      late = { outcome: ended, times, resumeAt: performance.now() + pauseAfter(times) };
      return;
    }
    late = undefined;
    if (ttl !== undefined && 'value' in ended) {
      expiresAt = performance.now() + ttl.milliseconds;
    }
    finish(ended);
  };

  const limited: LimitedRead = {
    key,
    start: (ended) => {
      isInFlight = true;
      read().then(
        (value) => {
          settle({ value });
          ended();
        },
        (error: unknown) => {
          settle({ error });
          ended();
        },
      );
    },
    giveUp: () => {
      finish(late?.outcome);
    },
  };

  const isCached = (): boolean =>
    generation !== undefined && performance.now() < expiresAt && generation === ttl?.generation();

  /** Reads the device where it may be asked; else what it said too late has to do. */
  const start = (ended: () => void): void => {
    waiting = [ended];
    generation = ttl?.generation();
    expiresAt = 0;
    if (late !== undefined && performance.now() > late.resumeAt + lateTtlMilliseconds) {
      late = undefined;
    }
    if (isInFlight) {
      finish(undefined);
    } else if (late !== undefined && performance.now() < late.resumeAt) {
      finish(late.outcome);
    } else {
      limiter.add(limited);
    }
  };

  return {
    refresh: (ended) => {
      if (waiting !== undefined) {
        waiting.push(ended);
      } else if (refreshedPoll === clock.poll() || isCached()) {
        ended();
      } else {
        refreshedPoll = clock.poll();
        start(ended);
      }
    },
    isKnown: () => refreshedPoll > 0,
    get: () => {
      if (outcome === undefined) {
        throw new SourceError(
          'timeout',
          `${what()}: no answer within ${deadlineTicks * tickMilliseconds} ms`,
        );
      }
      if ('error' in outcome) {
        throw outcome.error;
      }
      return outcome.value;
    },
  };
}

/** Refreshes a read and gives what that came to. @throws {SourceError} as {@link GuardedRead.get}. */
export async function readNow<Value>(read: GuardedRead<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    read.refresh(() => {
      try {
        resolve(read.get());
      } catch (error) {
        reject(error);
      }
    });
  });
}

function pauseAfter(times: number): number {
  return Math.min(maxPauseMilliseconds, firstPauseMilliseconds * 2 ** (times - 1));
}
