import { readFileSync } from 'node:fs';

/** Connections, commands and whatever else needs a descriptor for a moment are left so many, or half of all. */
const reservedDescriptors = 768;
/** An open file of sysfs holds a page of the kernel's memory: with more of them than this, speed would cost too much. */
const maxKept = 4096;
/** Where the limit cannot be read. It is what most systems give a process. */
const usualLimit = 1024;

/** Counts descriptors that are kept open, so that those there are suffice for all else. */
export interface DescriptorBudget {
  /** Takes one; false where there is none left to be kept. */
  take(): boolean;
  giveBack(): void;
}

/** Makes the budget of a process that may have so many descriptors open. */
export function createDescriptorBudget(limit: number): DescriptorBudget {
  let left = Math.min(maxKept, limit - Math.min(reservedDescriptors, Math.floor(limit / 2)));
  return {
    take: () => {
      if (left <= 0) {
        return false;
      }
      left -= 1;
      return true;
    },
    giveBack: () => {
      left += 1;
    },
  };
}

/**
 * How many descriptors this process may have open: RLIMIT_NOFILE.
 *
 * One real line: `Max open files            1024                 524288               files     `
 *
 * @see proc_pid_limits(5)
 */
export function readDescriptorLimit(path = '/proc/self/limits'): number {
  try {
    const [, soft] = /^Max open files +(\d+) /m.exec(readFileSync(path, 'utf8')) ?? [];
    return soft === undefined ? usualLimit : Number(soft);
  } catch {
    return usualLimit;
  }
}
