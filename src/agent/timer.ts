/** Reading a small file takes this many turns of the event loop: open, read, read, close. */
const timerSteps = 4;

/** A deadline that can be waited for, asked and cancelled. */
export interface Timer {
  readonly over: Promise<undefined>;
  readonly isOver: () => boolean;
  readonly cancel: () => void;
}

/**
 * Makes a timer that counts in steps, each a turn of the event loop: where the loop itself is late, because the node is
 * short of CPU, answers that have arrived are looked at before their read is given up.
 */
export function createTimer(milliseconds: number): Timer {
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
