import { parentPort } from 'node:worker_threads';

import { compareSync } from 'bcryptjs';

/** What the thread is asked: whether this is the password of this bcrypt hash. */
export interface PasswordQuestion {
  readonly password: string;
  readonly hash: string;
}

// A thread of its own: each comparison takes tens of milliseconds, in which the agent must go on.
parentPort?.on('message', ({ password, hash }: PasswordQuestion) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A thread, not a window.
  parentPort?.postMessage(compareSync(password, hash));
});
