import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { closeSync, openSync } from 'node:fs';

/** Two per output, two for the result of exec, one for /dev/null as input, one spare. */
const spawnDescriptors = 8;
/** Node.js publishes every process here before it starts it. */
const channel = 'child_process';

/**
 * Calls a function that starts a process, and turns a shortage of descriptors into an error.
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
    // If descriptors have run out meanwhile, that is the cause: throw EMFILE instead.
    requireDescriptors();
    throw error;
  } finally {
    unsubscribe(channel, expectFailure);
  }
}

/** Fails early: if descriptors run out while a process is started, Node.js leaks those it has opened. */
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
 * Another thread may still take the last descriptors. Then the process has no streams, and execa throws before it listens
 * for the `error` event, which follows later and would crash the agent without a listener.
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
