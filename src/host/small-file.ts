import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

import { SourceError } from '../model/errors.ts';
import { sourceErrorFrom } from './system-error.ts';

/** No file nicwatch reads is longer; a longer one is not what it should be. */
const maxFileBytes = 1024 * 1024;
const chunkBytes = 16 * 1024;

/**
 * Reads a small file of procfs or sysfs whole.
 *
 * @throws {SourceError} see the table in system-error.ts; `failed` for a file above 1 MiB, or what else is given.
 */
export async function readSmallFile(
  path: string,
  maxBytes: number = maxFileBytes,
): Promise<string> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const chunks: Buffer[] = [];
      for (let length = 0; ;) {
        const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(chunkBytes) });
        if (bytesRead === 0) {
          return Buffer.concat(chunks).toString('utf8');
        }
        length += bytesRead;
        if (length > maxBytes) {
          throw new SourceError(
            'failed',
            `${JSON.stringify(path)} is longer than ${maxBytes} bytes`,
          );
        }
        chunks.push(buffer.subarray(0, bytesRead));
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof SourceError ? error : sourceErrorFrom(error, path);
  }
}
