import { SourceError } from '../model/errors.ts';
import type { Gate } from './gate.ts';
import { createTimer } from './timer.ts';

export interface GuardedReadOptions {
  /** What is read, for messages: `driver statistics`. */
  readonly what: string;
  readonly deadlineMilliseconds: number;
  /** Shared by reads that must not all run at once; the key of a read is its lane. */
  readonly gate: Gate;
}

export interface GuardedRead<Value> {
  /** @throws {SourceError} `timeout` when the read, or an earlier one still in flight, takes too long. */
  read(key: string): Promise<Value>;
  /** Forgets what was read for the last poll. */
  startPoll(): void;
}

/** How a read ended. A value, so that a read nobody waits for any more ends quietly. */
type Outcome<Value> = { readonly value: Value } | { readonly error: unknown };

/** An answer that came too late. */
interface LateAnswer<Value> {
  readonly outcome: Outcome<Value>;
  /** How many came too late one after the other. */
  readonly times: number;
  /** Until then the device is left alone. */
  readonly resumeAtMilliseconds: number;
}

/** A device that answers late again and again is left alone for twice as long each time, but not for longer than a poll. */
const pauseMilliseconds = { first: 1000, longest: 10_000 };
/** Devices come and go. */
const forgetMilliseconds = 60_000;

/**
 * Guards a read that may block for as long as a driver pleases. It has a deadline; while it is still in flight it is
 * not started again but reported; when it comes too late it serves the next poll, so that a slow device is one poll
 * behind and not lost, and the device is given a pause. Within one poll the same read is made once, whoever asks.
 */
export function createGuardedRead<Value>(
  read: (key: string) => Promise<Value>,
  { what, deadlineMilliseconds, gate }: GuardedReadOptions,
): GuardedRead<Value> {
  const inFlight = new Set<string>();
  let answers = new Map<string, Promise<Value>>();
  const late = new Map<string, LateAnswer<Value>>();

  const launch = (key: string) => {
    inFlight.add(key);
    const deadline = createTimer(deadlineMilliseconds);
    const ended = outcomeOf(read(key)).then((outcome) => {
      inFlight.delete(key);
      if (deadline.isOver()) {
        const times = (late.get(key)?.times ?? 0) + 1;
        late.set(key, {
          outcome,
          times,
          resumeAtMilliseconds: performance.now() + pauseAfter(times),
        });
      } else {
        late.delete(key);
      }
      return outcome;
    });
    return { ended, deadline };
  };

  /** Starts the read and waits for it; undefined when its turn does not come, or the deadline passes first. */
  const start = async (key: string): Promise<Outcome<Value> | undefined> => {
    const flight = await gate.pass(key, () => launch(key));
    if (flight === undefined) {
      return undefined;
    }
    const outcome = await Promise.race([flight.ended, flight.deadline.over]);
    flight.deadline.cancel();
    return outcome;
  };

  const answer = async (key: string): Promise<Value> => {
    const before = late.get(key);
    const isPaused = before !== undefined && performance.now() < before.resumeAtMilliseconds;
    const outcome = inFlight.has(key)
      ? undefined
      : ((isPaused ? undefined : await start(key)) ?? before?.outcome);
    if (outcome === undefined) {
      throw new SourceError(
        'timeout',
        `${what} of ${JSON.stringify(key)}: no answer within ${deadlineMilliseconds} ms`,
      );
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
      for (const [key, { resumeAtMilliseconds }] of late) {
        if (performance.now() - resumeAtMilliseconds > forgetMilliseconds) {
          late.delete(key);
        }
      }
    },
  };
}

function pauseAfter(times: number): number {
  const { first, longest } = pauseMilliseconds;
  return Math.min(longest, first * 2 ** (times - 1));
}

async function outcomeOf<Value>(promise: Promise<Value>): Promise<Outcome<Value>> {
  try {
    return { value: await promise };
  } catch (error) {
    return { error };
  }
}
