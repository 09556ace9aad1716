import { closeSync, writeSync } from 'node:fs';

import { SourceError } from '../model/errors.ts';
import type { Libc } from './libc.ts';

/**
 * Waits until a descriptor can be read, or has an error to tell, or `signal` is aborted. Nothing happens until then: no
 * timer runs, and no thread but one of the pool is held.
 *
 * @throws {SourceError} `failed` when it cannot be waited for.
 */
export type WaitReadable = (descriptor: number, signal: AbortSignal) => Promise<void>;

/** What a write to an eventfd adds to its counter: 64 bits in the byte order of the machine. */
const one = new BigUint64Array([1n]);

/**
 * Makes the function that waits with poll(2). A call into the kernel cannot be cancelled from here, so each polls an
 * eventfd beside the descriptor, and is ended through that.
 *
 * @see eventfd(2)
 */
export function createWaitReadable(libc: Pick<Libc, 'eventfd' | 'poll'>): WaitReadable {
  return async (descriptor, signal) => {
    if (signal.aborted) {
      return;
    }
    const ending = libc.eventfd();
    if (typeof ending === 'string') {
      throw new SourceError('failed', `eventfd: ${ending}`);
    }
    const end = (): void => {
      writeSync(ending, one);
    };
    signal.addEventListener('abort', end);
    try {
      let error: string | undefined;
      do {
        error = await libc.poll([descriptor, ending]);
        // A signal the process handles interrupts the call.
      } while (error === 'EINTR' && !signal.aborted);
      if (error !== undefined && error !== 'EINTR') {
        throw new SourceError('failed', `poll: ${error}`);
      }
    } finally {
      signal.removeEventListener('abort', end);
      closeSync(ending);
    }
  };
}
