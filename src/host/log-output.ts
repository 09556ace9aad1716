import { write } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

/** What waits to be written beside what is being written; more is lost. */
const maxWaitingLength = 64 * 1024;

/** Where lines go that nobody may wait for. */
export interface LogOutput {
  /** Where nobody reads any more, or not fast enough, a line is lost: that must not cost the metrics. */
  write(line: string): void;
  /** Resolves when all is written or lost. */
  flush(): Promise<void>;
}

/**
 * Makes an output of lines to a descriptor. A write to a full pipe holds a thread of the pool, one at a time, and never
 * the event loop.
 */
export function createLogOutput(descriptor: number): LogOutput {
  let waiting = '';
  let isWriting = false;
  let flushed: (() => void)[] = [];

  const writeNext = (rest: Buffer): void => {
    const bytes = rest.length > 0 ? rest : Buffer.from(waiting);
    if (rest.length === 0) {
      waiting = '';
    }
    isWriting = bytes.length > 0;
    if (isWriting) {
      write(descriptor, bytes, (error, written) => {
        writeNext(bytes.subarray(error === null ? written : bytes.length));
      });
      return;
    }
    const callbacks = flushed;
    flushed = [];
    for (const callback of callbacks) {
      callback();
    }
  };

  return {
    write: (line) => {
      if (waiting.length + line.length <= maxWaitingLength) {
        waiting += line;
      }
      if (!isWriting) {
        writeNext(Buffer.alloc(0));
      }
    },
    flush: async () => {
      if (isWriting) {
        await new Promise<void>((resolve) => {
          flushed.push(resolve);
        });
      }
      // Within its own callback a write still counts as one that has not come back.
      await setImmediate();
    },
  };
}
