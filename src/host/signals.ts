import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';

/**
 * Signals that would end the process, and stand for nothing here: all that end one by default but SIGTERM and SIGINT,
 * SIGKILL, SIGQUIT, which makes a core dump, and those of faults. SIGUSR1 would open the debugger of Node.js to everybody
 * on the node.
 *
 * @see signal(7)
 */
const ignoredSignals = [
  'SIGHUP',
  'SIGUSR1',
  'SIGUSR2',
  'SIGPIPE',
  'SIGALRM',
  'SIGVTALRM',
  'SIGPROF',
  'SIGIO',
  'SIGPWR',
  'SIGSTKFLT',
  'SIGXFSZ',
] as const;
const endingSignals = ['SIGTERM', 'SIGINT'] as const;
/** How long calls that begin the program may hold up its end. */
const maxPendingMilliseconds = 500;

/**
 * Ignores the signals that mean nothing. Until {@link takeEndingSignals} is called SIGTERM and SIGINT end the process at
 * once: there is nothing to be put in order yet. They do by themselves but for the first process of a container, which
 * gets only signals it listens to.
 */
export function handleEarlySignals(): void {
  if (process.pid === 1) {
    const isToldToEnd = missedEndingSignal();
    for (const signal of endingSignals) {
      process.on(signal, () => void endEarly());
    }
    if (isToldToEnd) {
      process.exit(0);
    }
  }
  for (const signal of ignoredSignals) {
    process.on(signal, () => {});
  }
  process.on('exit', endPendingCalls);
}

/** Leaves SIGTERM and SIGINT to others, who listen to them from now on. */
export function takeEndingSignals(): void {
  for (const signal of endingSignals) {
    process.removeAllListeners(signal);
  }
}

/**
 * Whether SIGTERM or SIGINT came while Node.js was starting. It listens to each of them once, and then ends by it, which the
 * first process of a container does not do: it is only not listened to any more.
 *
 * One real line: `SigCgt:	0000000180004602`
 *
 * @see proc_pid_status(5)
 */
function missedEndingSignal(): boolean {
  try {
    const [, mask = ''] =
      /^SigCgt:\s+([\da-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    const caught = endingSignals.map(
      (signal) => (BigInt(`0x${mask}`) >> BigInt(constants.signals[signal] - 1)) & 1n,
    );
    return new Set(caught).size > 1;
  } catch {
    return false;
  }
}

async function endEarly(): Promise<void> {
  const deadline = performance.now() + maxPendingMilliseconds;
  while (hasPendingCalls() && performance.now() < deadline) {
    await setTimeout(5);
  }
  process.exit(0);
}

/**
 * Node.js waits at its end for calls of the file system that have not come back. Where the C library can be called the
 * process has ended by now; else it ends by SIGTERM, or as the first process of a container, which no signal of its own
 * ends, by a fault.
 */
function endPendingCalls(): void {
  if (hasPendingCalls()) {
    takeEndingSignals();
    process.kill(process.pid, 'SIGTERM');
    if (process.pid === 1) {
      process.abort();
    }
  }
}

function hasPendingCalls(): boolean {
  return process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'));
}
