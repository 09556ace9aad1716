import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';

import type { NetworkCounters } from '../host/network-counters.ts';
import type { ReadTcpSegments } from '../host/tcp-info.ts';
import { SourceError } from '../model/errors.ts';
import type { ProbePeer } from '../model/probe-report.ts';
import { createChannel } from './channel.ts';
import type { Channel } from './channel.ts';
import { nonceBytes } from './frame.ts';
import type { Profile } from './frame.ts';
import { helloKey, sessionKeys } from './keys.ts';
import type { SessionKeys } from './keys.ts';

/** The configuration of this node for probes. */
export interface ProbeNode {
  /** Shared by all nodes. */
  readonly secret: Buffer;
  readonly readCounters: () => NetworkCounters | undefined;
  readonly readSegments: ReadTcpSegments;
}

/** An authenticated connection to a peer for one measurement. */
export interface Connection {
  readonly socket: Socket;
  readonly channel: Channel;
  /** The peer's address. */
  readonly address: string;
  readonly keys: SessionKeys;
  /** The peer's nonce. */
  readonly nonce: Buffer;
  readonly peerName: string;
  /** Of the peer, at the beginning. */
  readonly counters: NetworkCounters | undefined;
  readonly connectSeconds: number;
}

export interface ConnectRequest {
  readonly profile: Profile;
  /** Of a bulk, in each direction. */
  readonly bytes?: number;
  readonly node: ProbeNode;
  readonly signal: AbortSignal;
  /** Timeout of a transfer without progress. */
  readonly idleMilliseconds?: number | undefined;
}

const connectMilliseconds = 5000;
const defaultIdleMilliseconds = 10_000;

/**
 * Connects to a peer from a new port, and requests a measurement.
 *
 * @returns `busy` while the peer is in another measurement
 * @throws {SourceError} `absent` without a connection, `denied` without an authentic answer, `timeout` when it stalls,
 * `failed` when it is closed.
 */
export async function connectTo(
  { host, port }: ProbePeer,
  {
    profile,
    bytes,
    node: { secret },
    signal,
    idleMilliseconds = defaultIdleMilliseconds,
  }: ConnectRequest,
): Promise<Connection | 'busy'> {
  const began = performance.now();
  const socket = connect({ host, port });
  addAbortSignal(signal, socket);
  await connected(socket, signal);
  const connectSeconds = (performance.now() - began) / 1000;
  const key = helloKey(secret);
  const channel = createChannel(socket, { keys: { own: key, other: key }, idleMilliseconds });
  try {
    const { keys, nonce, name } = await greet(channel, secret);
    await channel.send({ type: 'begin', profile, ...(bytes === undefined ? {} : { bytes }) });
    const answer = await channel.receive('ready', 'busy');
    if (answer.type === 'busy') {
      socket.destroy();
      return 'busy';
    }
    return {
      socket,
      channel,
      address: socket.remoteAddress ?? host,
      keys,
      nonce,
      peerName: name,
      counters: answer.counters,
      connectSeconds,
    };
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    throw error;
  }
}

async function connected(socket: Socket, signal: AbortSignal): Promise<void> {
  const deadline = setTimeout(() => {
    socket.destroy(new Error(`no answer within ${connectMilliseconds / 1000} s`));
  }, connectMilliseconds);
  try {
    await once(socket, 'connect');
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new SourceError('absent', `no connection: ${reason}`, { cause: error });
  } finally {
    clearTimeout(deadline);
  }
}

async function greet(
  channel: Channel,
  secret: Buffer,
): Promise<{ readonly keys: SessionKeys; readonly nonce: Buffer; readonly name: string }> {
  const nonce = randomBytes(nonceBytes);
  await channel.send({ type: 'hello', nonce, timeMilliseconds: Date.now() });
  let agreed = sessionKeys(secret, { client: nonce, server: nonce });
  let serverNonce: Buffer = nonce;
  try {
    const { name } = await channel.agree('welcome', (server) => {
      serverNonce = server;
      agreed = sessionKeys(secret, { client: nonce, server });
      return { own: agreed.client, other: agreed.server };
    });
    return { keys: agreed, nonce: serverNonce, name };
  } catch (error) {
    if (error instanceof SourceError && error.reason !== 'timeout') {
      throw new SourceError(
        'denied',
        `expected an answer to the hello, got none: another secret, a clock more than 5 minutes off, or no nicwatch probe (${error.message})`,
        { cause: error },
      );
    }
    throw error;
  }
}
