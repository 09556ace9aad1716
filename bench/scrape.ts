import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { gunzipSync } from 'node:zlib';

/** Result and duration of a scrape, including the connection where it opened one. */
export interface Scraped {
  readonly milliseconds: number;
  /** Time of day when it ended. */
  readonly endedAtMilliseconds: number;
  /** The exposition, decompressed. Decoded on demand, so as not to add to the time of the next scrape. */
  body(): string;
}

const deadlineMilliseconds = 30_000;

/** Whether a scraper keeps its connection from one scrape to the next. */
export type Connection = 'keep-alive' | 'close';

/** Scrapes one port on this machine. @throws {Error} when the connection fails, or the status is not 200. */
export interface Scraper {
  scrape(path?: string): Promise<Scraped>;
  close(): void;
}

/**
 * Makes a scraper that asks as Prometheus does, for gzip and on a connection it keeps: a Prometheus closes one after five
 * minutes without a scrape. Written on a socket: an HTTP library would add about as much time as a fast exporter takes.
 */
export function createScraper(port: number, connection: Connection = 'keep-alive'): Scraper {
  let kept: Socket | undefined;
  const open = (): Socket => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    return (
      socket
        .on('timeout', () => {
          socket.destroy(new Error(`no answer within ${deadlineMilliseconds} ms`));
        })
        // Between two scrapes nobody waits for it.
        .on('error', () => {})
        .once('close', () => {
          kept = undefined;
        })
    );
  };
  return {
    scrape: async (path = '/metrics') => {
      const startedAt = performance.now();
      const socket = kept ?? open();
      const answer = await exchange(socket, requestOf(port, path, connection));
      const milliseconds = performance.now() - startedAt;
      const endedAtMilliseconds = Date.now();
      const { head, content } = answer;
      if (connection === 'close') {
        socket.destroy();
      } else {
        kept = socket;
      }
      if (!head.startsWith('HTTP/1.1 200 ')) {
        throw new Error(`expected HTTP/1.1 200, got ${JSON.stringify(head.slice(0, 80))}`);
      }
      return {
        milliseconds,
        endedAtMilliseconds,
        body: () =>
          (/^content-encoding: gzip/im.test(head) ? gunzipSync(content) : content).toString('utf8'),
      };
    },
    close: () => {
      kept?.destroy();
    },
  };
}

/** Scrapes a port once, on a connection of its own. */
export async function scrape(port: number, path?: string): Promise<Scraped> {
  return createScraper(port, 'close').scrape(path);
}

function requestOf(port: number, path: string, connection: Connection): string {
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: Prometheus/2.42.0\r\nAccept: text/plain;version=0.0.4\r\nAccept-Encoding: gzip\r\nConnection: ${connection}\r\n\r\n`;
}

interface Answer {
  readonly head: string;
  readonly content: Buffer;
}

/** Sends a request and waits for the whole response. */
async function exchange(socket: Socket, request: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const end = (): void => {
      socket.off('data', onData).off('close', onClose).off('error', reject).setTimeout(0);
    };
    const onData = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk]);
      const answer = parseAnswer(received);
      if (answer !== undefined) {
        end();
        resolve(answer);
      }
    };
    const onClose = (): void => {
      end();
      reject(new Error('the connection was closed before the response was complete'));
    };
    socket.on('data', onData).once('close', onClose).once('error', reject);
    socket.setTimeout(deadlineMilliseconds);
    socket.write(request);
  });
}

/** Undefined while the response is incomplete. */
function parseAnswer(received: Buffer): Answer | undefined {
  const split = received.indexOf('\r\n\r\n');
  if (split === -1) {
    return undefined;
  }
  const head = received.subarray(0, split).toString('latin1');
  const sent = received.subarray(split + 4);
  const length = Number(/^content-length: (\d+)/im.exec(head)?.[1]);
  const content = Number.isNaN(length)
    ? joinChunks(sent)
    : sent.length < length
      ? undefined
      : sent.subarray(0, length);
  return content === undefined ? undefined : { head, content };
}

/**
 * Undoes `Transfer-Encoding: chunked`: `1a0\r\n`, that many bytes, `\r\n`, until a chunk of none. Undefined while that
 * has not come.
 */
function joinChunks(sent: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let position = 0; ;) {
    const lineEnd = sent.indexOf('\r\n', position);
    if (lineEnd === -1) {
      return undefined;
    }
    const length = Number.parseInt(sent.toString('latin1', position, lineEnd), 16);
    if (length === 0) {
      return Buffer.concat(chunks);
    }
    chunks.push(sent.subarray(lineEnd + 2, lineEnd + 2 + length));
    position = lineEnd + 2 + length + 2;
  }
}
