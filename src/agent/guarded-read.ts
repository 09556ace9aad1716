import type { LimitFunction } from 'p-limit';

import { SourceError } from '../model/errors.ts';

export interface GuardedReadOptions {
  /** What is read, for messages: `ethtool -S`. */
  readonly what: string;
  readonly deadlineMilliseconds: number;
  /** Shared by reads that must not all run at once. A read past its deadline gives its place to others. */
  readonly limit: LimitFunction;
}

export interface GuardedRead<Value> {
  /** @throws {SourceError} `timeout` when the read, or an earlier one still in flight, takes too long. */
  read(key: string): Promise<Value>;
  /** Forgets what was read for the last poll. */
  startPoll(): void;
}

/** How a read ended. A value, so that a read nobody waits for any more ends quietly. */
type Outcome<Value> = { readonly value: Value } | { readonly error: unknown };

/**
 * Guards a read that may block for as long as a driver pleases. It has a deadline; while it is still in flight it is
 * not started again but reported; when it comes too late it serves the next poll, so that a slow device is one poll
 * behind and not lost. Within one poll the same read is made once, whoever asks.
 */
export function createGuardedRead<Value>(
  read: (key: string) => Promise<Value>,
  { what, deadlineMilliseconds, limit }: GuardedReadOptions,
): GuardedRead<Value> {
  const inFlight = new Set<string>();
  let answers = new Map<string, Promise<Value>>();
  let arrived = new Map<string, Outcome<Value>>();
  let fromLastPoll = new Map<string, Outcome<Value>>();

  const overdue = (key: string): SourceError =>
    new SourceError(
      'timeout',
      `${what} of ${JSON.stringify(key)}: no answer within ${deadlineMilliseconds} ms`,
    );

  /** Starts the read and waits for it until the deadline; undefined when that passed first. */
  const start = async (key: string): Promise<Outcome<Value> | undefined> => {
    inFlight.add(key);
    let isLate = false;
    const ended = read(key)
      .then(
        (value): Outcome<Value> => ({ value }),
        (error: unknown): Outcome<Value> => ({ error }),
      )
      .then((outcome) => {
        inFlight.delete(key);
        if (isLate) {
          arrived.set(key, outcome);
        }
        return outcome;
      });
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => {
        isLate = true;
        resolve(undefined);
      }, deadlineMilliseconds);
    });
    try {
      return await Promise.race([ended, deadline]);
    } finally {
      clearTimeout(timer);
    }
  };

  const answer = async (key: string): Promise<Value> => {
    if (inFlight.has(key)) {
      throw overdue(key);
    }
    const late = fromLastPoll.get(key);
    const started = limit(() => start(key));
    if (late !== undefined) {
      // Slow, but not stuck: this poll takes the late answer, the next one takes what was started now.
      void started.then((outcome) => outcome && arrived.set(key, outcome));
    }
    const outcome = late ?? (await started);
    if (outcome === undefined) {
      throw overdue(key);
    }
    if ('error' in outcome) {
      throw outcome.error;
    }
    return outcome.value;
  };

  return {
    read: (key) => {
      const known = answers.get(key);
      if (known !== undefined) {
        return known;
      }
      const asked = answer(key);
      answers.set(key, asked);
      return asked;
    },
    startPoll: () => {
      answers = new Map();
      fromLastPoll = arrived;
      arrived = new Map();
    },
  };
}
