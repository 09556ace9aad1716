import { openSync } from 'node:fs';

import { SourceError } from '../model/errors.ts';
import type { PacketCounters } from '../model/device.ts';
import { parseProcNetDev } from '../parsers/proc-net-dev.ts';
import { readAt } from './read-at.ts';
import { sourceErrorFrom } from './system-error.ts';

/** The kernel gives at most a page at a time, and in each as many lines as fit. */
const chunkBytes = 8 * 1024;
/** So many bytes short of a page the next line, of at most 350, would have fitted: it was the last. */
const fullPageBytes = 4096 - 512;
/** Some 100,000 devices. */
const maxTableBytes = 16 * 1024 * 1024;

/**
 * Makes the function that reads `/proc/net/dev`: the packets of all devices for little more than those of one. The kernel
 * asks every driver in turn, so it is read off the main thread. The file stays open.
 *
 * @returns by the bytes of the device's name, as latin1
 */
export function createPacketTable(
  path: string,
): () => Promise<ReadonlyMap<string, PacketCounters>> {
  let file: number | undefined;
  return async () => {
    try {
      file ??= openSync(path, 'r');
      const chunks: Buffer[] = [];
      for (let position = 0; ;) {
        const chunk = await readAt(file, { position, length: chunkBytes });
        position += chunk.length;
        if (position > maxTableBytes) {
          throw new SourceError('failed', `${path} is longer than ${maxTableBytes} bytes`);
        }
        chunks.push(chunk);
        if (chunk.length < fullPageBytes) {
          return parseProcNetDev(Buffer.concat(chunks).toString('latin1'));
        }
      }
    } catch (error) {
      throw error instanceof Error && 'code' in error ? sourceErrorFrom(error, path) : error;
    }
  };
}
