import process from 'node:process';
import { setFlagsFromString } from 'node:v8';

/**
 * Threads of the pool, where the environment does not say: calls of drivers that do not come back hold one each, and the
 * others must find one.
 */
const threads = '32';

/**
 * Memory is given back early rather than kept for bursts of work. When there is nothing to do, V8 does not look for more to
 * give back either: that cost more than polls do.
 */
const memoryFlags = [
  '--no-memory-reducer',
  '--semi-space-growth-factor=1',
  '--heap-growing-percent=20',
  '--incremental-marking-soft-trigger=20',
  '--incremental-marking-hard-trigger=40',
];

/** Later versions of V8 keep 8 MB more, which this gives back; before, it costs processor time for 1 MB. */
const sizeFlags = ['--optimize-for-size'];
const sizeFlagsSince = 22;

/**
 * What a function has seen is kept from its first call on, and not only once it has been called often: few functions of
 * the agent are, and without it every access to a property is looked up anew.
 */
const speedFlags = ['--no-lazy-feedback-allocation'];

/** Tunes V8 and libuv for low memory. Works only before anything has used the pool of threads. */
export function tuneRuntime(): void {
  process.env['UV_THREADPOOL_SIZE'] ??= threads;
  const isLater = Number.parseInt(process.versions.node, 10) >= sizeFlagsSince;
  for (const flag of [...memoryFlags, ...(isLater ? sizeFlags : []), ...speedFlags]) {
    setFlagsFromString(flag);
  }
  setOptimizersEnabled(false);
}

/**
 * Whether V8 may optimize what runs often. The agent works for some milliseconds every few seconds: that costs more
 * processor time than it saves, and 6 MB. What computes for longer needs it.
 */
export function setOptimizersEnabled(enabled: boolean): void {
  for (const compiler of ['opt', 'maglev']) {
    setFlagsFromString(enabled ? `--${compiler}` : `--no-${compiler}`);
  }
}

/** How many threads the pool has. @see https://docs.libuv.org/en/v1.x/threadpool.html */
export function threadPoolSize(): number {
  const size = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4);
  return Number.isInteger(size) && size > 0 ? size : 4;
}
