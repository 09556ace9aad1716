import { closeSync, constants, openSync, readSync } from 'node:fs';

import { SourceError } from '../model/errors.ts';
import { errorCode, sourceErrorFrom } from './system-error.ts';

/** The counters of the network stack take 2 to 4 KiB. */
const maxFileBytes = 64 * 1024;
/** A FIFO in place of a file must not block the process. */
const openFlags = constants.O_RDONLY | constants.O_NONBLOCK;

/**
 * Creates the function that reads procfs files that the kernel answers from memory, synchronously and into one buffer, so
 * that a read creates no garbage but the text.
 *
 * @returns a function that throws a SourceError as in the table of system-error.ts; `failed` for a file of 64 KiB or more.
 */
export function createProcFileReader(): (path: string) => string {
  const buffer = Buffer.alloc(maxFileBytes);

  const readInto = (file: number, path: string): number => {
    let length = 0;
    for (let bytesRead = -1; bytesRead !== 0;) {
      if (length === maxFileBytes) {
        throw new SourceError('failed', `${JSON.stringify(path)} is longer than ${length} bytes`);
      }
      bytesRead = readSync(file, buffer, length, maxFileBytes - length, null);
      length += bytesRead;
    }
    return length;
  };

  return (path) => {
    try {
      const file = openSync(path, openFlags);
      try {
        return buffer.toString('latin1', 0, readInto(file, path));
      } finally {
        closeSync(file);
      }
    } catch (error) {
      throw errorCode(error) === undefined ? error : sourceErrorFrom(error, path);
    }
  };
}
