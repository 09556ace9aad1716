/** Runs tasks one after the other, so that clients whose tasks fail do not keep others waiting. */
export interface FairQueue {
  /**
   * Returns whether the task succeeded; undefined if it had nothing to do or was discarded, because the queue of its client or of
   * clients is full.
   */
  run(client: string, task: Task): Promise<boolean | undefined>;
}

type Task = () => Promise<boolean | undefined>;

type Limits = Readonly<Record<'maxTasks' | 'maxClients' | 'maxFailed', number>>;

interface QueuedTask {
  readonly start: () => Promise<void>;
  readonly discard: () => void;
}

/**
 * Makes a priority queue of clients. Clients that have not failed come first, the most recent one of them at the head: it waits
 * for at most one other task. Then come failed clients, the least recent failure first. A success clears the client's failure.
 */
export function createFairQueue({ maxTasks, maxClients, maxFailed }: Limits): FairQueue {
  /** Oldest client first. */
  const queued = new Map<string, QueuedTask[]>();
  /** Least recent failure first. */
  const failed = new Set<string>();
  let isRunning = false;

  const byPriority = (): readonly string[] => [
    ...[...queued.keys()].filter((client) => !failed.has(client)).toReversed(),
    ...[...failed].filter((client) => queued.has(client)),
  ];

  const recordFailure = (client: string): void => {
    failed.delete(client);
    addBounded(failed, client, maxFailed);
  };

  const runAll = async (): Promise<void> => {
    isRunning = true;
    for (let [client] = byPriority(); client !== undefined; [client] = byPriority()) {
      const [first, ...rest] = queued.get(client) ?? [];
      queued.delete(client);
      if (rest.length > 0) {
        queued.set(client, rest);
      }
      await first?.start();
    }
    isRunning = false;
  };

  /** Discards the client of the lowest priority. That counts as a failure: a retry must not put it at the head. */
  const discardExcess = (): void => {
    const last = queued.size > maxClients ? byPriority().at(-1) : undefined;
    if (last !== undefined) {
      queued.get(last)?.forEach(({ discard }) => {
        discard();
      });
      queued.delete(last);
      recordFailure(last);
    }
  };

  return {
    run: async (client, task) => {
      const tasks = queued.get(client) ?? [];
      if (tasks.length >= maxTasks) {
        return undefined;
      }
      return new Promise((resolve, reject) => {
        const start = async (): Promise<void> => {
          try {
            const hasSucceeded = await task();
            if (hasSucceeded === true) {
              failed.delete(client);
            } else if (hasSucceeded === false) {
              recordFailure(client);
            }
            resolve(hasSucceeded);
          } catch (error) {
            reject(error);
          }
        };
        const discard = (): void => {
          resolve(undefined);
        };
        queued.set(client, [...tasks, { start, discard }]);
        discardExcess();
        if (!isRunning) {
          void runAll();
        }
      });
    },
  };
}

/** Adds to a set of at most `max`: evicts its oldest value if it is full. */
export function addBounded(values: Set<string>, value: string, max: number): void {
  const [oldest] = values;
  if (values.size >= max && oldest !== undefined) {
    values.delete(oldest);
  }
  values.add(value);
}
