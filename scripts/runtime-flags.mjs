import { closeSync, openSync, readSync } from 'node:fs';

/**
 * The flags of Node.js in the first line of a built file, for who starts it under a Node.js other than that of the PATH:
 * `#!/usr/bin/env -S node --single-threaded`
 *
 * @param {string} path
 * @returns {string[]}
 */
export function runtimeFlags(path) {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(256);
    const [line = ''] = buffer.toString('utf8', 0, readSync(file, buffer)).split('\n');
    return (/^#!\/usr\/bin\/env -S node (.*)$/.exec(line)?.[1] ?? '').split(' ').filter(Boolean);
  } finally {
    closeSync(file);
  }
}
