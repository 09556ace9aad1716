import { openSync } from 'node:fs';

import { SourceError } from '../model/errors.ts';
import type { PacketCounters } from '../model/device.ts';
import { parseProcNetDev } from '../parsers/proc-net-dev.ts';
import { readAt } from './small-file.ts';
import { sourceErrorFrom } from './system-error.ts';

/** The kernel returns at most a page per read, filled with whole lines. */
const chunkBytes = 8 * 1024;
/** A shorter read is the last: another line, of at most 350 bytes, would have fit into the page. */
const fullPageBytes = 4096 - 512;
/** About 100,000 devices. */
const maxTableBytes = 16 * 1024 * 1024;

/**
 * Creates the function that reads `/proc/net/dev`: the counters of all devices cost little more than those of one. The
 * kernel calls every driver in turn, so it is read off the main thread. The file stays open.
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
