import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { closeSync, openSync } from 'node:fs';

/** Two for each output, two by which Node.js learns whether the program was found, one for no input, one to spare. */
const spawnDescriptors = 8;
/** Node.js tells here of every process it is about to start. */
const channel = 'child_process';

/**
 * Calls a function that starts a process, so that a shortage of descriptors costs no more than an error.
 *
 * @throws {Error} EMFILE or ENFILE, and whatever `spawn` throws.
 * @see https://nodejs.org/api/diagnostics_channel.html#event-child_process
 */
export function spawnGuarded<Spawned>(spawn: () => Spawned): Spawned {
  requireDescriptors();
  subscribe(channel, expectFailure);
  try {
    return spawn();
  } catch (error) {
    // Where descriptors have run out meanwhile that is the reason, and not what comes of it.
    requireDescriptors();
    throw error;
  } finally {
    unsubscribe(channel, expectFailure);
  }
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

/**
 * Another thread may take the last descriptors all the same. Then Node.js gives the process no streams, over which execa
 * throws before it listens for the `error` event; that comes a moment later, and unheard it would end the agent.
 */
function expectFailure(message: unknown): void {
  if (
    message instanceof Object &&
    'process' in message &&
    message.process instanceof EventEmitter
  ) {
    message.process.on('error', () => {});
  }
}
