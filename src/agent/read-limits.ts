import type { Host } from '../host/host.ts';
import { threadPoolSize } from '../host/runtime.ts';
import type { LimiterOptions } from './limiter.ts';

type Limits = Pick<LimiterOptions, 'concurrency' | 'capacity'>;

/** Drivers are asked a few at a time, for a poll must not load the node it watches. */
const concurrentReads = 4;
/** Commands that hang together at most. Each is a process of its own. */
const maxCommands = 64;
/** What else needs a thread: waiting for the kernel log, the packets of all devices, the state file, and one to spare. */
const otherThreads = 4;

/** Carrier and speed wait for the lock a NIC in trouble holds, all of them together: never more than this, however long. */
export const lockedLimits: Limits = { concurrency: 2, capacity: 2 };

/** Files of the host are read seldom. */
export const fileLimits: Limits = { concurrency: 2, capacity: 2 };

/** How many reads of drivers there may be. A native call that waits holds a thread of the pool. */
export function driverLimits({ ethtoolReader }: Pick<Host, 'ethtoolReader'>): Limits {
  const capacity =
    ethtoolReader === 'command'
      ? maxCommands
      : Math.max(1, threadPoolSize() - lockedLimits.capacity - fileLimits.capacity - otherThreads);
  return { concurrency: Math.min(concurrentReads, capacity), capacity };
}
