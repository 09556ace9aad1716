import process from 'node:process';
import { setFlagsFromString } from 'node:v8';

/**
 * Threads of the pool, where the environment does not say: calls of drivers that do not come back hold one each, and the
 * others must find one.
 */
const threads = '32';

/**
 * What V8 is told. The agent works for some milliseconds every few seconds: compiling what it does costs more processor
 * time than it saves, and 6 MB. Memory is given back early rather than kept for bursts of work.
 */
const flags = [
  '--no-opt',
  '--no-sparkplug',
  '--semi-space-growth-factor=1',
  '--heap-growing-percent=20',
  '--incremental-marking-soft-trigger=20',
  '--incremental-marking-hard-trigger=40',
];

/** Fits Node.js to an agent that should not be noticed. Works only before anything has used the pool of threads. */
export function tuneRuntime(): void {
  process.env['UV_THREADPOOL_SIZE'] ??= threads;
  for (const flag of flags) {
    setFlagsFromString(flag);
  }
}
