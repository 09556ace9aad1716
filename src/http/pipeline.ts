import type { Socket } from 'node:net';

/** No scraper sends a request before the one ahead of it is answered. */
export const maxPipeline = 10;

/**
 * Refuses what holds more requests than that, by making it unreadable. Node parses all it has read of a connection, 64 KiB
 * or 2000 requests, before anything else is done and whatever becomes of the connection: a few hundred of these would
 * take seconds, and hundreds of megabytes. To be called when HTTP has taken the connection over.
 */
export function refusePipeline(socket: Socket): void {
  socket.prependListener('data', (chunk: Buffer) => {
    let at = -1;
    for (let requests = 0; requests <= maxPipeline; requests += 1) {
      at = chunk.indexOf('HTTP/1.', at + 1);
      if (at === -1) {
        return;
      }
    }
    chunk.fill(0);
  });
}
