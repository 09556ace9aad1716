import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import type { ComparePassword } from '../host/libcrypt.ts';
import { setOptimizersEnabled } from '../host/runtime.ts';
import type { PasswordQuestion } from './password-worker.ts';

/** The bundled source of password-worker.ts, defined by the build: the agent remains one file. */
declare const nicwatchPasswordWorker: string;

/** Results are cached, so there is seldom more than one comparison in the life of the agent. */
const idleMilliseconds = 5000;
const heapMebibytes = 16;

/** Makes the function that compares without libcrypt, in a worker thread that ends when idle. */
export function createPasswordThread(): ComparePassword {
  let thread: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;

  const end = (): void => {
    void thread?.terminate();
    thread = undefined;
    setOptimizersEnabled(false);
  };

  const start = (): Worker => {
    setOptimizersEnabled(true);
    return new Worker(nicwatchPasswordWorker, {
      eval: true,
      resourceLimits: { maxOldGenerationSizeMb: heapMebibytes },
    }).on('error', end);
  };

  return async (password, hash) => {
    clearTimeout(idle);
    thread ??= start();
    try {
      const answer = once(thread, 'message');
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A thread, not a window.
      thread.postMessage({ password, hash } satisfies PasswordQuestion);
      const [isRight]: unknown[] = await answer;
      return isRight === true;
    } finally {
      // An idle thread must hold neither its memory nor the exit of the process.
      thread?.unref();
      idle = setTimeout(end, idleMilliseconds).unref();
    }
  };
}
