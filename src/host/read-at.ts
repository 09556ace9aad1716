import { read } from 'node:fs';

/**
 * Reads a chunk of an open file on a thread of the pool, which a driver may block. It takes one turn of the event loop,
 * `node:fs/promises` several.
 *
 * @returns up to `length` bytes; empty at the end of the file
 */
export async function readAt(
  file: number,
  { position, length }: { readonly position: number; readonly length: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    read(file, Buffer.allocUnsafe(length), 0, length, position, (error, bytesRead, buffer) => {
      if (error === null) {
        resolve(buffer.subarray(0, bytesRead));
      } else {
        reject(error);
      }
    });
  });
}
