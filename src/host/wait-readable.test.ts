import { closeSync, readdirSync, readSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

import { afterAll, describe, expect, test } from 'vitest';

import { SourceError } from '../model/errors.ts';
import { openLibc } from './libc.ts';
import { threadPoolSize } from './runtime.ts';
import { createWaitReadable } from './wait-readable.ts';

const libc = await openLibc();
const waitReadable = createWaitReadable(libc);
const never = new AbortController().signal;
/** Can be read when something was written to it. */
const file = Number(libc.eventfd());
const number64 = new BigUint64Array([1n]);

afterAll(() => {
  closeSync(file);
});

/** Whether a promise settles within this many milliseconds. */
async function isSettledWithin(milliseconds: number, promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([promise.then(() => true), setTimeout(milliseconds, false)]);
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/** A C library whose polls return these errors in turn, and their arguments. */
function libcWhose(errors: readonly (string | undefined)[]) {
  const polls: (readonly number[])[] = [];
  const left = [...errors];
  return {
    polls,
    eventfd: libc.eventfd,
    poll: async (descriptors: readonly number[]): Promise<string | undefined> => {
      polls.push(descriptors);
      return left.shift();
    },
  };
}

describe('createWaitReadable()', () => {
  test('waits until the descriptor is readable', async () => {
    const descriptors = openDescriptors();
    const waiting = waitReadable(file, never);
    expect(await isSettledWithin(100, waiting)).toBe(false);
    writeSync(file, number64);
    expect(await isSettledWithin(1000, waiting)).toBe(true);
    // It was not read: it still can be.
    expect(await isSettledWithin(1000, waitReadable(file, never))).toBe(true);
    readSync(file, number64);
    expect(openDescriptors()).toBe(descriptors);
  });

  test('ends when the signal is aborted, and frees its thread', async () => {
    const descriptors = openDescriptors();
    const ending = new AbortController();
    const waiting = Promise.all(
      Array.from({ length: threadPoolSize() }, async () => waitReadable(file, ending.signal)),
    );
    const other = readFile('/proc/self/stat');
    // Every thread is held.
    expect(await isSettledWithin(100, other)).toBe(false);
    ending.abort();
    expect(await isSettledWithin(1000, waiting)).toBe(true);
    expect(await isSettledWithin(1000, other)).toBe(true);
    expect(openDescriptors()).toBe(descriptors);
  });

  test('does not wait if the signal is already aborted', async () => {
    const fake = libcWhose([]);
    await createWaitReadable(fake)(file, AbortSignal.abort());
    expect(fake.polls).toEqual([]);
  });

  test('continues to wait after a system signal', async () => {
    const fake = libcWhose(['EINTR', 'EINTR', undefined]);
    await createWaitReadable(fake)(file, never);
    expect(fake.polls).toHaveLength(3);
  });

  test.each([
    ['poll: ENOMEM', libcWhose(['ENOMEM'])],
    ['eventfd: EMFILE', { ...libcWhose([]), eventfd: () => 'EMFILE' }],
    [
      'too many',
      {
        ...libcWhose([]),
        poll: async (): Promise<never> => {
          throw new SourceError('failed', 'too many');
        },
      },
    ],
  ])('says why it cannot wait: %s', async (message, fake) => {
    const descriptors = openDescriptors();
    await expect(createWaitReadable(fake)(file, never)).rejects.toMatchObject({
      name: 'SourceError',
      reason: 'failed',
      message,
    });
    expect(openDescriptors()).toBe(descriptors);
  });
});
