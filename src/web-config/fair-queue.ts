/** Runs tasks one after the other, in turns between those who ask. */
export interface FairQueue {
  /** Undefined, at once, where too many wait already: of this asker, or of all. */
  run<Value>(asker: string, task: () => Promise<Value>): Promise<Value> | undefined;
}

export interface FairQueueOptions {
  /** Tasks of one asker that may wait. */
  readonly largestLane: number;
  /** Askers that may wait. */
  readonly largestLanes: number;
}

/** Makes a queue in which one asker's many tasks delay another's first by at most one of them for each asker. */
export function createFairQueue({ largestLane, largestLanes }: FairQueueOptions): FairQueue {
  /** In the order of their turns. */
  const lanes = new Map<string, (() => Promise<void>)[]>();
  let isRunning = false;

  const runAll = async (): Promise<void> => {
    isRunning = true;
    for (let next = lanes.entries().next(); next.done !== true; next = lanes.entries().next()) {
      const [asker, lane] = next.value;
      const task = lane.shift();
      lanes.delete(asker);
      if (lane.length > 0) {
        lanes.set(asker, lane);
      }
      await task?.();
    }
    isRunning = false;
  };

  return {
    run: (asker, task) => {
      const lane = lanes.get(asker) ?? [];
      if (lane.length >= largestLane || (lane.length === 0 && lanes.size >= largestLanes)) {
        return undefined;
      }
      return new Promise((resolve, reject) => {
        lane.push(async () => task().then(resolve, reject));
        lanes.set(asker, lane);
        if (!isRunning) {
          void runAll();
        }
      });
    },
  };
}
