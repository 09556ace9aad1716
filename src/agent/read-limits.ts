import type { Host } from '../host/host.ts';
import { threadPoolSize } from '../host/runtime.ts';
import type { LimiterOptions } from './limiter.ts';

type Limits = Pick<LimiterOptions, 'concurrency' | 'capacity'>;

/**
 * Concurrency of driver reads: low, because a poll must not load the node it watches. With 4, nearly every read wakes the
 * event loop; with more than 8, koffi allocates memory for each.
 */
const concurrentReads = 7;
/** Max commands in flight. Each is a process of its own. */
const maxCommands = 64;
/** Threads reserved for the kernel log, the packet table, the state file, and one spare. */
const otherThreads = 4;

/** Reads of carrier and speed may all wait for the same lock: they must not hold more threads than this. */
export const lockedLimits: Limits = { concurrency: 2, capacity: 2 };

/** Files of the host are rarely read. */
export const fileLimits: Limits = { concurrency: 2, capacity: 2 };

/** Limits driver reads. A blocked native call holds a thread of the pool. */
export function driverLimits({ ethtoolReader }: Pick<Host, 'ethtoolReader'>): Limits {
  const capacity =
    ethtoolReader === 'command'
      ? maxCommands
      : Math.max(1, threadPoolSize() - lockedLimits.capacity - fileLimits.capacity - otherThreads);
  return { concurrency: Math.min(concurrentReads, capacity), capacity };
}
