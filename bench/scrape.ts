import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { gunzipSync } from 'node:zlib';

/** What a scrape got, and how long that took from the connection's start to its end. */
export interface Scraped {
  readonly milliseconds: number;
  /** Time of day when it ended. */
  readonly endedAtMilliseconds: number;
  /** The exposition, decompressed. Not decoded before it is asked for: that would be part of the next scrape's time. */
  body(): string;
}

const deadlineMilliseconds = 30_000;

/**
 * Scrapes a port on this machine as Prometheus does, with compression and a connection of its own.
 * Written on a socket: an HTTP library would add about as much time as a fast exporter takes.
 *
 * @throws {Error} when nobody listens, or the answer is not 200.
 */
export async function scrape(port: number, path = '/metrics'): Promise<Scraped> {
  const startedAt = performance.now();
  const answer = await exchange(
    port,
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: Prometheus/2.42.0\r\nAccept: text/plain;version=0.0.4\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n`,
  );
  const milliseconds = performance.now() - startedAt;
  const endedAtMilliseconds = Date.now();
  const split = answer.indexOf('\r\n\r\n');
  const head = answer.subarray(0, split).toString('latin1');
  if (!head.startsWith('HTTP/1.1 200 ')) {
    throw new Error(`expected HTTP/1.1 200, got ${JSON.stringify(head.slice(0, 80))}`);
  }
  return {
    milliseconds,
    endedAtMilliseconds,
    body: () => {
      const sent = answer.subarray(split + 4);
      const content = /^transfer-encoding: chunked/im.test(head) ? joinChunks(sent) : sent;
      const plain = /^content-encoding: gzip/im.test(head) ? gunzipSync(content) : content;
      return plain.toString('utf8');
    },
  };
}

/** Sends a request and gives everything that comes back until the other side closes. */
async function exchange(port: number, request: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    socket.setTimeout(deadlineMilliseconds, () => {
      socket.destroy(new Error(`no answer on port ${port} within ${deadlineMilliseconds} ms`));
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.once('error', reject);
    socket.once('end', () => {
      resolve(Buffer.concat(chunks));
    });
    socket.write(request);
  });
}

/** Undoes `Transfer-Encoding: chunked`: `1a0\r\n`, that many bytes, `\r\n`, until a chunk of none. */
function joinChunks(sent: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let position = 0; ;) {
    const lineEnd = sent.indexOf('\r\n', position);
    const length = Number.parseInt(sent.toString('latin1', position, lineEnd), 16);
    if (!(length > 0)) {
      return Buffer.concat(chunks);
    }
    chunks.push(sent.subarray(lineEnd + 2, lineEnd + 2 + length));
    position = lineEnd + 2 + length + 2;
  }
}
