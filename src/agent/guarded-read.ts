import { SourceError } from '../model/errors.ts';
import { deadlineTicks, tickMilliseconds } from './limiter.ts';
import type { LimitedRead, Limiter } from './limiter.ts';
import type { PollClock } from './poll-clock.ts';

export interface GuardedReadOptions {
  /** What is read, for messages: `driver statistics of "eno1"`. */
  readonly what: () => string;
  readonly clock: PollClock;
  readonly limiter: Limiter;
  /** At most one read per key is in flight; the key is usually the device. */
  readonly key: object;
  /** How long the value is cached; by default it is read on every poll. */
  readonly ttl?: Ttl;
}

/** A value is cached until it expires or its generation changes. */
export interface Ttl {
  readonly milliseconds: number;
  /** Changes when the value may have changed; undefined disables the cache. */
  readonly generation: () => number | string | undefined;
}

export interface GuardedRead<Value> {
  /** Reads the value, at most once a poll, unless it is cached. Calls back, possibly at once, on success and on failure. */
  refresh(ended: () => void): void;
  /**
   * The result of the last refresh.
   *
   * @throws {SourceError} `timeout` when the read, or an earlier one still in flight, takes too long.
   */
  get(): Value;
  /** Whether a refresh has ever been attempted. */
  wasAttempted(): boolean;
}

/** How a read ended. */
type Outcome<Value> = { readonly value: Value } | { readonly error: unknown };

/** A result that arrived after the deadline. */
interface LateResult<Value> {
  readonly outcome: Outcome<Value>;
  /** Number of consecutive late results. */
  readonly count: number;
  /** End of the backoff. */
  readonly retryAt: number;
}

/** Exponential backoff after consecutive late results. */
const minBackoffMilliseconds = 1000;
const maxBackoffMilliseconds = 10_000;
/** A late result is discarded after this. */
const lateTtlMilliseconds = 60_000;

/**
 * Guards a read that may block in a driver. It times out at the deadline of the poll and is not repeated while it is in
 * flight. A late result is served in the next poll, so that a slow device is one poll behind instead of missing, and
 * starts a backoff.
 */
export function createGuardedRead<Value>(
  read: () => Promise<Value>,
  { what, clock, limiter, key, ttl }: GuardedReadOptions,
): GuardedRead<Value> {
  let refreshedPoll = 0;
  let outcome: Outcome<Value> | undefined;
  /** Of the outcome, if it may be cached. */
  let generation: number | string | undefined;
  let expiresAt = 0;
  let late: LateResult<Value> | undefined;
  let isInFlight = false;
  /** Callbacks waiting for the read; undefined when there are none. */
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
      const count = (late?.count ?? 0) + 1;
      late = { outcome: ended, count, retryAt: performance.now() + backoffAfter(count) };
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
    onTimeout: () => {
      finish(late?.outcome);
    },
  };

  const isCached = (): boolean =>
    generation !== undefined && performance.now() < expiresAt && generation === ttl?.generation();

  /** Starts the read; during a backoff, serves the late result instead. */
  const start = (ended: () => void): void => {
    waiting = [ended];
    generation = ttl?.generation();
    expiresAt = 0;
    if (late !== undefined && performance.now() > late.retryAt + lateTtlMilliseconds) {
      late = undefined;
    }
    if (isInFlight) {
      finish(undefined);
    } else if (late !== undefined && performance.now() < late.retryAt) {
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
    wasAttempted: () => refreshedPoll > 0,
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

/** Refreshes a read and returns its result. @throws {SourceError} as {@link GuardedRead.get}. */
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

function backoffAfter(count: number): number {
  return Math.min(maxBackoffMilliseconds, minBackoffMilliseconds * 2 ** (count - 1));
}
