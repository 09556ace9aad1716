import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

/** Two for each output, two by which Node.js learns whether the program was found, one for no input, one to spare. */
const spawnDescriptors = 8;

/**
 * Calls a function that starts a process, so that a shortage of descriptors costs no more than an error.
 *
 * @throws {Error} EMFILE or ENFILE, and whatever `spawn` throws.
 */
export function spawnGuarded<Spawned extends Pick<ChildProcess, 'on'> & { stdout: unknown }>(
  spawn: () => Spawned,
): Spawned {
  requireDescriptors();
  const child = spawn();
  // Another thread may take the last descriptors all the same: then Node.js gives the process no streams.
  if (child.stdout === undefined) {
    // It tells a moment later, and unheard that would end the agent.
    child.on('error', () => {});
    requireDescriptors();
    throw new Error('no descriptors were left to start it');
  }
  return child;
}

/** Where descriptors run out while a process is started, Node.js never closes those it has opened: better not to try. */
function requireDescriptors(): void {
  const descriptors: number[] = [];
  try {
    while (descriptors.length < spawnDescriptors) {
      descriptors.push(openSync('/dev/null', 'r'));
    }
  } finally {
    for (const descriptor of descriptors) {
      closeSync(descriptor);
    }
  }
}
