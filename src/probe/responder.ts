import { createSocket } from 'node:dgram';
import type { Socket as DatagramSocket } from 'node:dgram';
import { once, setMaxListeners } from 'node:events';
import type { EventEmitter } from 'node:events';
import { createServer, isIPv6 } from 'node:net';
import type { Server, Socket } from 'node:net';

import type { Logger } from 'pino';

import type { ListenAddress } from '../config/config.ts';
import { formatListenAddress } from '../config/flag-values.ts';
import { ConfigError } from '../model/errors.ts';
import { answerConnection } from './answer-connection.ts';
import type { ProbeNode } from './connect.ts';
import { createDatagramAnswers } from './datagram-answers.ts';
import type { DatagramAnswers } from './datagram-answers.ts';
import { createHellos } from './hellos.ts';

export interface ResponderOptions {
  readonly node: ProbeNode;
  /** The name of the node, sent to peers. */
  readonly name: string;
  readonly log: Pick<Logger, 'warn'>;
  /** Whether to take part in a measurement that an address asks for. */
  readonly admit?: (address: string) => boolean;
}

/** Answers the probes of other nodes. */
export interface Responder {
  /** The actual port of each address, also where 0 was configured. */
  readonly ports: readonly number[];
  close(): Promise<void>;
}

const maxConnections = 64;
const maxConnectionsPerAddress = 8;
const warnMilliseconds = 60_000;

/**
 * Answers probes over TCP and UDP, one measurement at a time over all addresses.
 *
 * @throws {ConfigError} when it cannot listen at one of the addresses.
 */
export async function startResponder(
  addresses: readonly ListenAddress[],
  { node, name, log, admit = () => true }: ResponderOptions,
): Promise<Responder> {
  const ending = new AbortController();
  // Every connection adds a listener.
  setMaxListeners(0, ending.signal);
  const hellos = createHellos();
  const answers = createDatagramAnswers();
  const isTooMany = createConnectionLimit();
  const reject = createRejection(log);
  let isMeasuring = false;
  const begin = (): (() => void) | undefined => {
    if (isMeasuring) {
      return undefined;
    }
    isMeasuring = true;
    return () => {
      isMeasuring = false;
    };
  };
  const serve = async (socket: Socket): Promise<void> => {
    const address = plainAddress(socket.remoteAddress ?? '');
    if (isTooMany(socket, address)) {
      socket.destroy();
      return;
    }
    try {
      await answerConnection(socket, {
        node,
        name,
        hellos,
        answers,
        address,
        signal: ending.signal,
        begin: () => (isMeasuring || !admit(address) ? undefined : begin()),
        reject: (reason) => {
          reject(address, reason);
        },
      });
    } catch (error) {
      reject(address, String(error));
    } finally {
      socket.destroy();
    }
  };

  const opened: (readonly [Server, DatagramSocket])[] = [];
  const ports: number[] = [];
  for (const address of addresses) {
    const server = createServer({ noDelay: true }, (socket) => void serve(socket));
    server.maxConnections = maxConnections;
    const { family, port } = await listenAt(server, address);
    opened.push([server, await answerDatagrams({ ...address, port }, { family, answers })]);
    ports.push(port);
  }
  return {
    ports,
    close: async () => {
      ending.abort();
      for (const [server, datagrams] of opened) {
        datagrams.close();
        server.close();
        await once(server, 'close');
      }
    },
  };
}

async function listenAt(
  server: Server,
  address: ListenAddress,
): Promise<{ readonly family: string; readonly port: number }> {
  await listening(server.listen({ host: address.host, port: address.port }), address);
  const bound = server.address();
  return typeof bound === 'object' && bound !== null
    ? bound
    : { family: isIPv6(address.host ?? '') ? 'IPv6' : 'IPv4', port: address.port };
}

/** Without a host, listens on all addresses of both families, as TCP does. */
async function answerDatagrams(
  address: ListenAddress,
  { family, answers }: { readonly family: string; readonly answers: DatagramAnswers },
): Promise<DatagramSocket> {
  const { host, port } = address;
  const socket = createSocket({ type: family === 'IPv6' ? 'udp6' : 'udp4' });
  socket.on('message', (bytes, source) => {
    // Own answers are not answered, whatever their source address.
    const reply =
      source.port === port
        ? undefined
        : answers.answer(bytes, { ...source, address: plainAddress(source.address) });
    if (reply !== undefined) {
      socket.send(reply, source.port, source.address, () => {});
    }
  });
  await listening(socket.bind({ port, ...(host === undefined ? {} : { address: host }) }), address);
  socket.on('error', () => {});
  return socket;
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

/** Counts open connections per address; returns true above the limit. */
function createConnectionLimit(): (socket: Socket, address: string) => boolean {
  const open = new Map<string, number>();
  return (socket, address) => {
    const count = open.get(address) ?? 0;
    if (count >= maxConnectionsPerAddress) {
      return true;
    }
    open.set(address, count + 1);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) {
        open.delete(address);
      } else {
        open.set(address, left);
      }
    });
    return false;
  };
}

/** Logs why a peer got no answer, at most once a minute. */
function createRejection(log: Pick<Logger, 'warn'>): (address: string, reason: string) => void {
  let rejected = 0;
  let warnedAt = Number.NEGATIVE_INFINITY;
  return (address, reason) => {
    rejected += 1;
    if (performance.now() - warnedAt > warnMilliseconds) {
      log.warn({ address, reason, rejected }, 'rejected a probe');
      warnedAt = performance.now();
    }
  };
}

/** The IPv4 address of an IPv4-mapped IPv6 address. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
