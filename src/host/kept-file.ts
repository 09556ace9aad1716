import { constants, openSync, readSync } from 'node:fs';

import { SourceError } from '../model/errors.ts';
import { errorCode, sourceErrorFrom } from './system-error.ts';

/** A FIFO in place of a file must not hold up the process. */
const openFlags = constants.O_RDONLY | constants.O_NONBLOCK;
/** The tables of counters of the network stack take 2 to 4 KiB. */
const maxFileBytes = 64 * 1024;

/**
 * Makes the function that reads files of procfs that the kernel answers from memory, in the caller's own turn. The files
 * stay open, and are read into one buffer: doing that once a poll makes no garbage but the text.
 *
 * @returns a function that throws a SourceError as in the table of system-error.ts; `failed` for a file above 64 KiB.
 */
export function createKeptFiles(): (path: string) => string {
  const files = new Map<string, number>();
  const buffer = Buffer.alloc(maxFileBytes);
  return (path) => {
    try {
      const file = files.get(path) ?? openSync(path, openFlags);
      files.set(path, file);
      let length = 0;
      for (let bytesRead = -1; bytesRead !== 0;) {
        if (length === maxFileBytes) {
          throw new SourceError('failed', `${JSON.stringify(path)} is longer than ${length} bytes`);
        }
        bytesRead = readSync(file, buffer, length, maxFileBytes - length, length);
        length += bytesRead;
      }
      return buffer.toString('latin1', 0, length);
    } catch (error) {
      throw errorCode(error) === undefined ? error : sourceErrorFrom(error, path);
    }
  };
}
