import { constants, read } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { promisify } from 'node:util';

import { SourceError } from '../model/errors.ts';
import { errorCode, sourceErrorFrom } from './system-error.ts';

/** More than most files that nicwatch reads. */
const defaultMaxBytes = 1024 * 1024;
const chunkBytes = 16 * 1024;

/**
 * Reads a whole file.
 *
 * @throws {SourceError} see the table in system-error.ts; `failed` for a file of more than `maxBytes`.
 */
export async function readSmallFile(
  path: string,
  maxBytes: number = defaultMaxBytes,
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

const readDescriptor = promisify(read);

/**
 * Reads up to `length` bytes of an open file on a thread of the pool, which a driver may block; empty at the end of the file.
 * It takes one turn of the event loop, `node:fs/promises` several.
 */
export async function readAt(
  file: number,
  { position, length }: { readonly position: number; readonly length: number },
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  const { bytesRead } = await readDescriptor(file, bytes, 0, length, position);
  return bytes.subarray(0, bytesRead);
}

/** Changes when a file is written or replaced, and costs less than reading it. A missing file has one too. */
export async function fileSignature(path: string): Promise<string> {
  try {
    return signatureOf(await stat(path, { bigint: true }));
  } catch (error) {
    return errorCode(error) ?? String(error);
  }
}

/** The signature of a file with this status. */
export function signatureOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

/** The mode of a file that every user may read, such as `0644`; undefined for any other, or a missing file. */
export async function worldReadableMode(path: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(path);
    return (mode & constants.S_IROTH) === 0 ? undefined : `0${(mode & 0o7777).toString(8)}`;
  } catch {
    // The reader of the file reports this.
    return undefined;
  }
}
