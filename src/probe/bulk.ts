import type { NetworkCounters } from '../host/network-counters.ts';
import type { ProbeReading } from '../model/probe-report.ts';
import type { TcpSegments } from '../parsers/tcp-info.ts';
import type { Connection, ProbeNode } from './connect.ts';

export interface BulkOptions {
  readonly bytes: number;
  readonly node: ProbeNode;
  /** Called with the measurement of each direction. */
  readonly onReading: (reading: ProbeReading) => void;
}

/**
 * Sends a payload to the peer, and receives one of the same length, over one connection.
 *
 * @throws {SourceError} `timeout` when it stalls, `denied`, `failed`.
 */
export async function transferBulk(
  { channel, socket, counters }: Connection,
  { bytes, node: { readCounters, readSegments }, onReading }: BulkOptions,
): Promise<void> {
  const began = performance.now();
  const sentDigest = await channel.sendPayload(bytes);
  await channel.send({ type: 'sent', digest: sentDigest });
  const received = await channel.receive('received');
  // The peer has everything, so the kernel sends no more segments.
  const segments = readSegments(socket);
  const turned = performance.now();
  onReading({
    direction: 'to',
    protocol: 'tcp',
    bytes,
    transfers: 1,
    ...lossOf(segments),
    ...checksumRise(counters, received.counters),
    corrupted: received.digest.equals(sentDigest) ? 0 : 1,
    seconds: (turned - began) / 1000,
  });
  const before = readCounters();
  const digest = await channel.receivePayload(bytes);
  const sent = await channel.receive('sent');
  const after = readCounters();
  await channel.send({ type: 'received', digest });
  const report = await channel.receive('report');
  onReading({
    direction: 'from',
    protocol: 'tcp',
    bytes,
    transfers: 1,
    ...lossOf(report.segments),
    ...checksumRise(before, after),
    corrupted: sent.digest.equals(digest) ? 0 : 1,
    seconds: (performance.now() - turned) / 1000,
  });
}

function lossOf(segments: TcpSegments | undefined): Pick<ProbeReading, 'sent' | 'lost'> {
  return segments === undefined ? {} : { sent: segments.sent, lost: segments.retransmitted };
}

/** The other side of {@link transferBulk}. @throws {SourceError} as it does. */
export async function answerBulk(
  { channel, socket }: Pick<Connection, 'channel' | 'socket'>,
  bytes: number,
  { readCounters, readSegments }: ProbeNode,
): Promise<void> {
  const digest = await channel.receivePayload(bytes);
  await channel.receive('sent');
  const counters = readCounters();
  await channel.send({ type: 'received', digest, ...(counters && { counters }) });
  await channel.send({ type: 'sent', digest: await channel.sendPayload(bytes) });
  await channel.receive('received');
  const segments = readSegments(socket);
  await channel.send({ type: 'report', ...(segments && { segments }) });
}

/** Increase of the counters of wrong checksums; undefined if a namespace does not report them. */
export function checksumRise(
  before: NetworkCounters | undefined,
  after: NetworkCounters | undefined,
): Pick<ProbeReading, 'checksumErrors'> {
  return before === undefined || after === undefined
    ? {}
    : { checksumErrors: Math.max(0, after.checksumErrors - before.checksumErrors) };
}
