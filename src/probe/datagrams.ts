import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { setTimeout } from 'node:timers/promises';

import type { ProbeReading } from '../model/probe-report.ts';
import { checksumRise } from './bulk.ts';
import type { Connection, ProbeNode } from './connect.ts';
import {
  datagramSizes,
  encodeDatagram,
  maxDatagrams,
  parseDatagram,
  sessionBytes,
  settle,
} from './datagram.ts';
import type { DatagramSize } from './datagram.ts';

export interface DatagramsRequest {
  readonly port: number;
  /** Of each size. */
  readonly count: number;
  readonly node: ProbeNode;
  readonly signal: AbortSignal;
  readonly onProgress?: (fraction: number) => void;
}

/** Number of source ports, which select links and queues. */
const socketCount = 16;
/** Max datagrams in flight, which fit into any socket buffer. */
const maxPending = 64;
const datagramsPerMillisecond = 6;
/** Timeout after which a datagram is lost. */
const lossMilliseconds = 1000;
const maxMilliseconds = 8000;

/**
 * Sends datagrams of both sizes alternately, and counts those that reach the peer and those that are answered.
 *
 * @throws {SourceError} as {@link Channel}, `failed` when no socket can be opened.
 */
export async function exchangeDatagrams(
  { channel, address, counters, keys, nonce }: Connection,
  { port, count, node, signal, onProgress = () => {} }: DatagramsRequest,
): Promise<readonly ProbeReading[]> {
  const session = { session: nonce.subarray(0, sessionBytes), key: keys.datagrams };
  const total = Math.min(2 * count, maxDatagrams);
  const pending = new Map<number, number>();
  const sent = { small: 0, large: 0 };
  const answered = { small: 0, large: 0, all: new Uint8Array(total) };
  const began = performance.now();
  const before = node.readCounters();
  const receive = (bytes: Buffer): void => {
    const reply = parseDatagram(
      bytes,
      session,
      ({ kind, sequence }) => kind === 'reply' && answered.all[sequence] === 0,
    );
    if (reply !== undefined) {
      answered.all[reply.sequence] = 1;
      answered[reply.size] += 1;
      pending.delete(reply.sequence);
    }
  };
  const sockets = await openSockets(address, receive);
  try {
    for (let next = 0; next < total || pending.size > 0;) {
      const now = performance.now();
      forgetBefore(pending, now - lossMilliseconds);
      const isLate = now > began + maxMilliseconds;
      const due = isLate ? 0 : Math.min(total, (now - began) * datagramsPerMillisecond);
      while (next < due && pending.size < maxPending) {
        const size = sizeOf(next);
        const bytes = encodeDatagram({ kind: 'request', size, sequence: next }, session);
        sockets[next % sockets.length]?.send(bytes, port, address);
        pending.set(next, now);
        sent[size] += 1;
        next += 1;
      }
      if (isLate && pending.size === 0) {
        break;
      }
      onProgress(next / total);
      await setTimeout(1, undefined, { signal });
    }
    await channel.send({ type: 'count' });
    const report = await channel.receive('report');
    await settle();
    const after = node.readCounters();
    const { datagrams: arrived } = report;
    const seconds = (performance.now() - began) / 1000;
    const reading = (
      direction: ProbeReading['direction'],
      size: DatagramSize,
      { from, to, dropped, errors }: DirectionCounts,
    ): ProbeReading => ({
      direction,
      protocol: 'udp',
      bytes: datagramSizes[size],
      transfers: from[size],
      sent: from[size],
      lost: Math.max(0, from[size] - to[size] - dropped),
      // They are not counted by size.
      ...(size === 'large' ? errors : {}),
      corrupted: 0,
      seconds,
    });
    const there = {
      from: sent,
      to: arrived,
      dropped: bufferRise(counters, report.counters),
      errors: checksumRise(counters, report.counters),
    };
    const back = {
      from: arrived,
      to: answered,
      dropped: bufferRise(before, after),
      errors: checksumRise(before, after),
    };
    return [
      reading('to', 'small', there),
      reading('to', 'large', there),
      reading('from', 'small', back),
      reading('from', 'large', back),
    ];
  } finally {
    for (const socket of sockets) {
      socket.close();
    }
  }
}

interface DirectionCounts {
  readonly from: Readonly<Record<DatagramSize, number>>;
  readonly to: Readonly<Record<DatagramSize, number>>;
  /** Dropped by a slow receiver: not a fault of the path. */
  readonly dropped: number;
  readonly errors: Pick<ProbeReading, 'checksumErrors'>;
}

/** Alternates both sizes, so that other conditions affect both. */
function sizeOf(sequence: number): DatagramSize {
  return sequence % 2 === 0 ? 'small' : 'large';
}

async function openSockets(
  address: string,
  receive: (bytes: Buffer) => void,
): Promise<readonly Socket[]> {
  return Promise.all(
    Array.from({ length: socketCount }, async () => {
      const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
      socket.on('message', receive);
      socket.bind(0);
      await once(socket, 'listening');
      // A datagram that cannot be sent is lost.
      socket.on('error', () => {});
      return socket;
    }),
  );
}

/** Removes expired datagrams, which are in sending order. */
function forgetBefore(pending: Map<number, number>, time: number): void {
  for (const [sequence, sentAt] of pending) {
    if (sentAt > time) {
      return;
    }
    pending.delete(sequence);
  }
}

function bufferRise(before: Connection['counters'], after: Connection['counters']): number {
  return Math.max(0, (after?.bufferErrors ?? 0) - (before?.bufferErrors ?? 0));
}
