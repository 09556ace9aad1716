import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';

/**
 * Signals that terminate a process by default and have no meaning here: all but SIGTERM, SIGINT, SIGKILL, SIGQUIT, which
 * dumps core, and those of faults. SIGUSR1 would open the debugger of Node.js to every user of the node.
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
const terminationSignals = ['SIGTERM', 'SIGINT'] as const;
/** How long pending calls may delay an early exit. */
const maxPendingMilliseconds = 500;

/**
 * Ignores meaningless signals. Until {@link takeEndingSignals} is called, SIGTERM and SIGINT terminate the process at once,
 * without cleanup. They do so by default, except for the first process of a container, which only receives signals it
 * listens to.
 */
export function handleEarlySignals(): void {
  if (process.pid === 1) {
    const wasTerminated = missedTerminationSignal();
    for (const signal of terminationSignals) {
      process.on(signal, () => void endEarly());
    }
    if (wasTerminated) {
      process.exit(0);
    }
  }
  for (const signal of ignoredSignals) {
    process.on(signal, () => {});
  }
  process.on('exit', endPendingCalls);
}

/** Removes the early listeners of SIGTERM and SIGINT; the caller installs its own. */
export function takeEndingSignals(): void {
  for (const signal of terminationSignals) {
    process.removeAllListeners(signal);
  }
}

/**
 * Whether SIGTERM or SIGINT arrived during the startup of Node.js. It handles each once and resets the handler to the
 * default, which does not terminate the first process of a container.
 *
 * One real line: `SigCgt:	0000000180004602`
 *
 * @see proc_pid_status(5)
 */
function missedTerminationSignal(): boolean {
  try {
    const [, mask = ''] =
      /^SigCgt:\s+([\da-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    const caught = terminationSignals.map(
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
 * Node.js waits for pending file-system calls on exit. With the C library the process has already exited; otherwise it
 * terminates itself by SIGTERM, or aborts as the first process of a container, which its own signals do not terminate.
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
