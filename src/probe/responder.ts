import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { EventEmitter } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';

import type { Logger } from 'pino';

import type { ListenAddress } from '../config/config.ts';
import { formatListenAddress } from '../config/flag-values.ts';
import { ConfigError } from '../model/errors.ts';
import { answerConnection } from './answer-connection.ts';
import type { ProbeNode } from './connect.ts';
import { createDatagramAnswers } from './datagram-answers.ts';
import { createHellos } from './hellos.ts';

export interface ResponderOptions {
  readonly node: ProbeNode;
  /** The node's name, as it tells peers. */
  readonly name: string;
  readonly log: Pick<Logger, 'warn'>;
  /** Whether to take part in a measurement that an address asks for. */
  readonly admit?: (address: string) => boolean;
}

/** Answers the probes of other nodes. */
export interface Responder {
  /** The port, where 0 was asked for. */
  readonly port: number;
  close(): Promise<void>;
}

const maxConnections = 64;
const maxConnectionsPerAddress = 8;
const warnMilliseconds = 60_000;

/** Answers probes at one address, over TCP and UDP. @throws {ConfigError} when it cannot listen there. */
export async function startResponder(
  { host, port }: ListenAddress,
  { node, name, log, admit = () => true }: ResponderOptions,
): Promise<Responder> {
  const ending = new AbortController();
  const perAddress = new Map<string, number>();
  const hellos = createHellos();
  let isMeasuring = false;
  let rejected = 0;
  let warnedAt = Number.NEGATIVE_INFINITY;
  /** No flood of the log. */
  const reject = (address: string, reason: string): void => {
    rejected += 1;
    if (performance.now() - warnedAt > warnMilliseconds) {
      log.warn({ address, reason, rejected }, 'rejected a probe');
      warnedAt = performance.now();
    }
  };

  const server = createServer({ noDelay: true });
  server.maxConnections = maxConnections;
  await listening(server.listen({ host, port }), { host, port });
  const address = server.address();
  const ownPort = typeof address === 'object' && address !== null ? address.port : port;
  const answers = createDatagramAnswers(ownPort);
  const serve = async (socket: Socket): Promise<void> => {
    const from = plainAddress(socket.remoteAddress ?? '');
    const open = perAddress.get(from) ?? 0;
    if (open >= maxConnectionsPerAddress) {
      socket.destroy();
      return;
    }
    perAddress.set(from, open + 1);
    try {
      await answerConnection(socket, {
        node,
        name,
        hellos,
        answers,
        address: from,
        signal: ending.signal,
        begin: () => {
          if (isMeasuring || !admit(from)) {
            return undefined;
          }
          isMeasuring = true;
          return () => {
            isMeasuring = false;
          };
        },
        reject: (reason) => {
          reject(from, reason);
        },
      });
    } finally {
      socket.destroy();
      const left = (perAddress.get(from) ?? 1) - 1;
      if (left === 0) {
        perAddress.delete(from);
      } else {
        perAddress.set(from, left);
      }
    }
  };
  server.on('connection', (socket) => void serve(socket));

  // Without a host the server listens on all addresses of both families.
  const isIPv6 = typeof address === 'object' && address?.family === 'IPv6';
  const datagrams = createSocket({ type: isIPv6 ? 'udp6' : 'udp4' });
  datagrams.on('message', (bytes, source) => {
    const reply = answers.answer(bytes, { ...source, address: plainAddress(source.address) });
    if (reply !== undefined) {
      datagrams.send(reply, source.port, source.address, () => {});
    }
  });
  await listening(
    datagrams.bind({ port: ownPort, ...(host === undefined ? {} : { address: host }) }),
    {
      host,
      port: ownPort,
    },
  );
  datagrams.on('error', () => {});

  return {
    port: ownPort,
    close: async () => {
      ending.abort();
      datagrams.close();
      server.close();
      await once(server, 'close');
    },
  };
}

async function listening(server: EventEmitter, address: ListenAddress): Promise<void> {
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new ConfigError(
      `cannot listen on ${JSON.stringify(formatListenAddress(address))}: ${String(error)}`,
      { cause: error },
    );
  }
}

/** An IPv4 address as it is, where a socket of IPv6 tells it. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
