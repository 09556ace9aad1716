import { readFileSync } from 'node:fs';

/** Descriptors reserved for connections, commands and the like; at most half of the limit. */
const reservedDescriptors = 768;
/** An open sysfs file holds a page of kernel memory, which limits how many are worth keeping open. */
const maxKept = 4096;
/** The usual soft limit, if it cannot be read. */
const defaultLimit = 1024;

/** Limits the descriptors kept open, so that enough remain for everything else. */
export interface DescriptorBudget {
  /** Takes one; false when the budget is exhausted. */
  take(): boolean;
  giveBack(): void;
}

/** Creates the budget of a process with this limit of open descriptors. */
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
 * Reads the soft limit of open descriptors of this process: RLIMIT_NOFILE.
 *
 * One real line: `Max open files            1024                 524288               files     `
 *
 * @see proc_pid_limits(5)
 */
export function readDescriptorLimit(path = '/proc/self/limits'): number {
  try {
    const [, soft] = /^Max open files +(\d+) /m.exec(readFileSync(path, 'utf8')) ?? [];
    return soft === undefined ? defaultLimit : Number(soft);
  } catch {
    return defaultLimit;
  }
}
