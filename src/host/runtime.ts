import process from 'node:process';
import { setFlagsFromString } from 'node:v8';

/**
 * Default size of the thread pool: each stuck driver call holds a thread, and the other calls must still find one.
 */
const threads = '32';

/** Returns memory early instead of keeping it for bursts of work. */
const memoryFlags = [
  '--semi-space-growth-factor=1',
  '--heap-growing-percent=20',
  '--incremental-marking-soft-trigger=20',
  '--incremental-marking-hard-trigger=40',
];

/** Saves 8 MB since Node.js 22; before, only 1 MB, which is not worth the CPU time. */
const sizeFlags = ['--optimize-for-size'];
const sizeFlagsSince = 22;

/**
 * Allocates type feedback on the first call: few functions of the agent are called often enough for lazy allocation, and
 * without feedback every property access is a full lookup.
 */
const speedFlags = ['--no-lazy-feedback-allocation'];

/** Tunes V8 and libuv for low memory. Must run before anything uses the thread pool. */
export function tuneRuntime(): void {
  process.env['UV_THREADPOOL_SIZE'] ??= threads;
  const isLater = Number.parseInt(process.versions.node, 10) >= sizeFlagsSince;
  for (const flag of [...memoryFlags, ...(isLater ? sizeFlags : []), ...speedFlags]) {
    setFlagsFromString(flag);
  }
  setOptimizersEnabled(false);
}

/**
 * Enables or disables the optimizing compilers of V8. For the agent, which works a few milliseconds every few seconds, they
 * cost more CPU time than they save, and 6 MB. Longer computations need them.
 */
export function setOptimizersEnabled(enabled: boolean): void {
  for (const compiler of ['opt', 'maglev']) {
    setFlagsFromString(enabled ? `--${compiler}` : `--no-${compiler}`);
  }
}

/** Size of the thread pool. @see https://docs.libuv.org/en/v1.x/threadpool.html */
export function threadPoolSize(): number {
  const size = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4);
  return Number.isInteger(size) && size > 0 ? size : 4;
}
