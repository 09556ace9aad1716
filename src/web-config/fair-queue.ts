/** Runs tasks one after the other, so that clients whose tasks fail do not keep others waiting. */
export interface FairQueue {
  /**
   * The task says whether it succeeded, or that there was nothing to do. Undefined for the latter, and where the task was not run:
   * too many wait of this client, or too many clients that go before it.
   */
  run(client: string, task: Task): Promise<boolean | undefined>;
}

type Task = () => Promise<boolean | undefined>;

export interface FairQueueOptions {
  /** Tasks of one client that may wait. */
  readonly maxTasks: number;
  /** Clients that may wait. */
  readonly maxClients: number;
  /** Clients whose failure is remembered. */
  readonly maxFailed: number;
}

interface Waiting {
  readonly start: () => Promise<void>;
  readonly drop: () => void;
}

/**
 * Makes a queue with one place for each client. Those that have not failed go first, and of them the one that came last: it
 * waits for one task of another, however many wait. Behind them goes the one whose failure is longest ago. A success forgives
 * what came before it.
 */
export function createFairQueue({ maxTasks, maxClients, maxFailed }: FairQueueOptions): FairQueue {
  /** In the order in which they began to wait. */
  const waiting = new Map<string, Waiting[]>();
  /** In the order in which they failed. */
  const failed = new Set<string>();
  let isRunning = false;

  const ranked = (): readonly string[] => [
    ...[...waiting.keys()].filter((client) => !failed.has(client)).toReversed(),
    ...[...failed].filter((client) => waiting.has(client)),
  ];

  const rememberFailure = (client: string): void => {
    failed.delete(client);
    const [oldest] = failed;
    if (failed.size >= maxFailed && oldest !== undefined) {
      failed.delete(oldest);
    }
    failed.add(client);
  };

  const runAll = async (): Promise<void> => {
    isRunning = true;
    for (let [client] = ranked(); client !== undefined; [client] = ranked()) {
      const [first, ...rest] = waiting.get(client) ?? [];
      waiting.delete(client);
      if (rest.length > 0) {
        waiting.set(client, rest);
      }
      await first?.start();
    }
    isRunning = false;
  };

  /** Above the bound the last in rank gives way. That counts as a failure: asking again must not bring it to the front. */
  const dropExcess = (): void => {
    const last = waiting.size > maxClients ? ranked().at(-1) : undefined;
    if (last !== undefined) {
      waiting.get(last)?.forEach(({ drop }) => {
        drop();
      });
      waiting.delete(last);
      rememberFailure(last);
    }
  };

  return {
    run: async (client, task) => {
      const tasks = waiting.get(client) ?? [];
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
              rememberFailure(client);
            }
            resolve(hasSucceeded);
          } catch (error) {
            reject(error);
          }
        };
        const drop = (): void => {
          resolve(undefined);
        };
        waiting.set(client, [...tasks, { start, drop }]);
        dropExcess();
        if (!isRunning) {
          void runAll();
        }
      });
    },
  };
}
