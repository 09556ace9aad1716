import { parentPort } from 'node:worker_threads';

import { compareSync } from 'bcryptjs';

/** Message to the thread: a password to compare with a bcrypt hash. */
export interface PasswordQuestion {
  readonly password: string;
  readonly hash: string;
}

// In a worker thread: each comparison takes tens of milliseconds, during which the event loop must not block.
parentPort?.on('message', ({ password, hash }: PasswordQuestion) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A thread, not a window.
  parentPort?.postMessage(compareSync(password, hash));
});
