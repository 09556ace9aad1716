import { readdirSync, readFileSync } from 'node:fs';

/** Linux reports processor time to user space in ticks of this length, whatever the kernel counts in. */
const tickMilliseconds = 10;

/**
 * Milliseconds of CPU a process has used, and its ended children with it: the commands an exporter runs are part of
 * what it costs. Threads that are alive count in nanoseconds, threads and children that have ended in ticks of 10 ms.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function cpuMilliseconds(pid: number): number {
  const { utime, stime, cutime, cstime } = statOf(pid);
  const children = (cutime + cstime) * tickMilliseconds;
  const own = (utime + stime) * tickMilliseconds;
  // Equal but for the resolution as long as no thread has ended.
  const precise = threadMilliseconds(pid);
  return children + (own - precise > 2 * tickMilliseconds ? own : precise);
}

/**
 * Counts the voluntary context switches of all threads of a process, each of which is a wake-up, from now on. Threads that end count
 * with what they had when they were last looked at, so it is to be looked at often.
 *
 * @returns looks, and gives the count so far
 */
export function countVoluntarySwitches(pid: number): () => number {
  const latest = new Map<string, number>();
  let total = 0;
  const look = (): number => {
    for (const [thread, status] of readThreads(pid, 'status')) {
      const switches = Number(/^voluntary_ctxt_switches:\t(\d+)$/m.exec(status)?.[1]);
      const previous = latest.get(thread) ?? 0;
      // Fewer than before are those of another thread that was given the number of one that has ended.
      total += switches < previous ? switches : switches - previous;
      latest.set(thread, switches);
    }
    return total;
  };
  const before = look();
  return () => look() - before;
}

/** Bytes of memory a process has resident: `VmRSS:     57344 kB`. */
export function residentBytes(pid: number): number {
  const [, kibibytes] =
    /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

/** How many file descriptors a process has open. */
export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** One real line: `1 (systemd) S 0 1 1 0 -1 4194560 12345 ... 130 250 1200 900 20 0 1 0 ...` */
function statOf(pid: number): Readonly<Record<'utime' | 'stime' | 'cutime' | 'cstime', number>> {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name is in parentheses and may itself hold any character.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15);
  return { utime, stime, cutime, cstime };
}

/** The sum of what the scheduler says of each thread: `run_nanoseconds wait_nanoseconds slices`. */
function threadMilliseconds(pid: number): number {
  const nanoseconds = readThreads(pid, 'schedstat').map(([, text]) => Number(text.split(' ')[0]));
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
}

/** A file of each thread of a process. */
function readThreads(
  pid: number,
  file: string,
): readonly (readonly [thread: string, text: string])[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    try {
      return [[thread, readFileSync(`/proc/${pid}/task/${thread}/${file}`, 'utf8')] as const];
    } catch {
      // The thread has ended since it was listed.
      return [];
    }
  });
}
