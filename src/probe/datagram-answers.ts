import { encodeDatagram, maxDatagrams, parseDatagram } from './datagram.ts';
import type { DatagramSession, DatagramSize } from './datagram.ts';

/** Ports of services, which may reply to an answer in an endless loop. */
const maxServicePort = 1023;

/** Answers the datagrams of one session at a time, each once and with the same length. */
export interface DatagramAnswers {
  /** Starts answering a session. */
  open(session: DatagramSession & { readonly address: string }): void;
  /** Stops answering. */
  close(): void;
  /** Datagrams of the last session that arrived. */
  arrived(): Readonly<Record<DatagramSize, number>>;
  /** The answer to a datagram; undefined if it gets none. */
  answer(
    bytes: Buffer,
    source: { readonly address: string; readonly port: number },
  ): Buffer | undefined;
}

/** Creates the answers of a responder. */
export function createDatagramAnswers(): DatagramAnswers {
  let current:
    | (DatagramSession & { readonly address: string; readonly seen: Uint8Array })
    | undefined;
  let arrived = { small: 0, large: 0 };
  return {
    open: (session) => {
      current = { ...session, seen: new Uint8Array(maxDatagrams) };
      arrived = { small: 0, large: 0 };
    },
    close: () => {
      current = undefined;
    },
    arrived: () => arrived,
    answer: (bytes, { address, port }) => {
      if (current?.address !== address || port <= maxServicePort) {
        return undefined;
      }
      const { seen } = current;
      const request = parseDatagram(
        bytes,
        current,
        ({ kind, sequence }) => kind === 'request' && seen[sequence] === 0,
      );
      if (request === undefined) {
        return undefined;
      }
      seen[request.sequence] = 1;
      arrived[request.size] += 1;
      return encodeDatagram({ ...request, kind: 'reply' }, current);
    },
  };
}
