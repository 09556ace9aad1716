/** Called after each tick with how many there were in this poll. */
type OnTick = (ticks: number) => void;

/** The one clock of all reads of a poll. */
export interface PollClock {
  /** Begins a poll. */
  start(): void;
  /** Ends the poll: nothing is waited for any more. */
  stop(): void;
  /** Counts polls. What was read in this one need not be read again. */
  poll(): number;
  /** How many ticks there were in this poll. */
  ticks(): number;
  onTick(listener: OnTick): void;
}

/**
 * Makes a clock that is one timer for each poll. Time is counted in ticks, each a turn of the event loop: where the loop
 * itself is late, because the node is short of CPU, answers that have arrived are looked at before their read is given up.
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
