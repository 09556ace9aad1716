import { closeSync, writeSync } from 'node:fs';

import { SourceError } from '../model/errors.ts';
import type { Libc } from './libc.ts';

/**
 * Waits until a descriptor is readable or has an error, or `signal` is aborted. Meanwhile no timer runs, and one thread of
 * the pool is held.
 *
 * @throws {SourceError} `failed` when poll(2) fails.
 */
export type WaitReadable = (descriptor: number, signal: AbortSignal) => Promise<void>;

/** The value a write adds to the counter of an eventfd: 64 bits in the byte order of the machine. */
const one = new BigUint64Array([1n]);

/**
 * Creates the function that waits with poll(2). A native call cannot be cancelled, so each also polls an eventfd, which an
 * abort makes readable.
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
