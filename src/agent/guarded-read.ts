import type { LimitFunction } from 'p-limit';

import { SourceError } from '../model/errors.ts';

export interface GuardedReadOptions {
  /** What is read, for messages: `ethtool -S`. */
  readonly what: string;
  readonly deadlineMilliseconds: number;
  /** Shared by reads that must not all run at once. */
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

interface Flight<Value> {
  readonly ended: Promise<Outcome<Value>>;
  /** How long the read keeps its place among those that run at once. */
  readonly patience: Timer;
  readonly deadline: Timer;
}

/** Reading a small file takes this many turns of the event loop: open, read, read, close. */
const timerSteps = 4;

/** A read that takes longer is waiting, not working, and gives its place to others. */
const placeMilliseconds = 50;

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
    const { ended, patience, deadline } = await limit(async () => {
      const flight = launch(key);
      await Promise.race([flight.ended, flight.patience.over]);
      return flight;
    });
    const outcome = await Promise.race([ended, deadline.over]);
    patience.cancel();
    deadline.cancel();
    return outcome;
  };

  const launch = (key: string): Flight<Value> => {
    inFlight.add(key);
    const deadline = createTimer(deadlineMilliseconds);
    const ended = read(key)
      .then(
        (value): Outcome<Value> => ({ value }),
        (error: unknown): Outcome<Value> => ({ error }),
      )
      .then((outcome) => {
        inFlight.delete(key);
        if (deadline.isOver()) {
          arrived.set(key, outcome);
        }
        return outcome;
      });
    return { ended, patience: createTimer(placeMilliseconds), deadline };
  };

  const answer = async (key: string): Promise<Value> => {
    if (inFlight.has(key)) {
      throw overdue(key);
    }
    const late = fromLastPoll.get(key);
    const started = start(key);
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

interface Timer {
  readonly over: Promise<undefined>;
  readonly isOver: () => boolean;
  readonly cancel: () => void;
}

/**
 * Makes a timer that counts in steps, each a turn of the event loop: where the loop itself is late, because the node is
 * short of CPU, answers that have arrived are looked at before their read is given up.
 */
function createTimer(milliseconds: number): Timer {
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<undefined>((resolve) => {
    const step = (left: number): void => {
      timer = setTimeout(() => {
        if (left > 1) {
          step(left - 1);
        } else {
          isOver = true;
          resolve(undefined);
        }
      }, milliseconds / timerSteps);
    };
    step(timerSteps);
  });
  return {
    over,
    isOver: () => isOver,
    cancel: () => {
      clearTimeout(timer);
    },
  };
}
