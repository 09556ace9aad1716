/** Called after each tick with the number of ticks in this poll. */
type OnTick = (ticks: number) => void;

/** The clock that all reads of a poll share. */
export interface PollClock {
  /** Starts a poll. */
  start(): void;
  /** Ends the poll and its ticks. */
  stop(): void;
  /** The number of the current poll. */
  poll(): number;
  /** The number of ticks in this poll. */
  ticks(): number;
  onTick(listener: OnTick): void;
}

/**
 * Creates a clock with one timer per poll. Time is counted in ticks, each a turn of the event loop: when the loop itself
 * is late because the node is short of CPU, results that have arrived are processed before their reads time out.
 */
export function createPollClock(tickMilliseconds: number): PollClock {
  const listeners: OnTick[] = [];
  let timer: NodeJS.Timeout | undefined;
  let polls = 0;
  let ticks = 0;

  const tick = (): void => {
    ticks += 1;
    timer = setTimeout(tick, tickMilliseconds);
    for (const listener of listeners) {
      listener(ticks);
    }
  };

  return {
    start: () => {
      clearTimeout(timer);
      polls += 1;
      ticks = 0;
      timer = setTimeout(tick, tickMilliseconds);
    },
    stop: () => {
      clearTimeout(timer);
    },
    poll: () => polls,
    ticks: () => ticks,
    onTick: (listener) => {
      listeners.push(listener);
    },
  };
}
