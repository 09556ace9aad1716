import { write } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

/** Max length of the backlog; further lines are dropped. */
const maxBacklogLength = 64 * 1024;

/** A non-blocking output of lines. */
export interface LogOutput {
  /** Drops the line if the reader is gone or too slow: logging must not block the metrics. */
  write(line: string): void;
  /** Resolves when everything is written or dropped. */
  flush(): Promise<void>;
}

/**
 * Creates an output of lines to a descriptor. A write to a full pipe blocks one thread of the pool, never the event loop.
 */
export function createLogOutput(descriptor: number): LogOutput {
  let backlog = '';
  let isWriting = false;
  let flushed: (() => void)[] = [];

  const writeNext = (rest: Buffer): void => {
    const bytes = rest.length > 0 ? rest : Buffer.from(backlog);
    if (rest.length === 0) {
      backlog = '';
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
      if (backlog.length + line.length <= maxBacklogLength) {
        backlog += line;
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
      // Within its callback a write still counts as pending.
      await setImmediate();
    },
  };
}
