import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';

import { assertSourceError, SourceError } from '../model/errors.ts';
import { answerBulk } from './bulk.ts';
import { createChannel } from './channel.ts';
import type { Channel } from './channel.ts';
import type { ProbeNode } from './connect.ts';
import { sessionBytes, settle } from './datagram.ts';
import type { DatagramAnswers } from './datagram-answers.ts';
import { nonceBytes } from './frame.ts';
import type { Hellos } from './hellos.ts';
import { helloKey, sessionKeys } from './keys.ts';
import type { SessionKeys } from './keys.ts';

/** In each direction. */
const maxBulkBytes = 4 * 1024 * 1024;
const greetingMilliseconds = 5000;
const idleMilliseconds = 10_000;
/** A whole connection. */
const maxMilliseconds = 60_000;

export interface AnswerOptions {
  readonly node: ProbeNode;
  readonly name: string;
  readonly hellos: Hellos;
  readonly answers: DatagramAnswers;
  /** Of the peer. */
  readonly address: string;
  readonly signal: AbortSignal;
  /** Begins a measurement; undefined during another one. @returns a function that ends it */
  readonly begin: () => (() => void) | undefined;
  /** Called with the reason why a peer gets no answer. */
  readonly reject: (reason: string) => void;
}

/** Answers the requests of a peer on one connection; without the secret, it gets no byte. */
export async function answerConnection(socket: Socket, options: AnswerOptions): Promise<void> {
  const { node, hellos, name, begin, signal, reject } = options;
  addAbortSignal(signal, socket);
  const key = helloKey(node.secret);
  const channel = createChannel(socket, { keys: { own: key, other: key }, idleMilliseconds });
  const greeting = endAfter(socket, greetingMilliseconds);
  const whole = endAfter(socket, maxMilliseconds);
  let end: (() => void) | undefined;
  try {
    const hello = await channel.receive('hello');
    if (!hellos.isNew(hello.nonce, hello.timeMilliseconds)) {
      reject('it was repeated, or its clock is more than 5 minutes off');
      return;
    }
    const nonces = { client: hello.nonce, server: randomBytes(nonceBytes) };
    const keys = sessionKeys(node.secret, nonces);
    channel.setKeys({ own: keys.server, other: keys.client });
    await channel.send({ type: 'welcome', nonce: nonces.server, name });
    // Requires the secret and the welcome.
    const request = await channel.receive('begin');
    clearTimeout(greeting);
    if (request.bytes > maxBulkBytes) {
      return;
    }
    if (request.profile !== 'counters') {
      end = begin();
      if (end === undefined) {
        await channel.send({ type: 'busy' });
        return;
      }
    }
    if (request.profile === 'datagrams') {
      await countDatagrams(channel, { nonce: nonces.server, keys, options });
      return;
    }
    await sendReady(channel, node);
    if (request.profile === 'bulk') {
      await answerBulk({ channel, socket }, request.bytes, node);
    }
  } catch (error) {
    assertSourceError(error);
    if (error.reason === 'denied') {
      reject('it is not authentic');
    }
  } finally {
    end?.();
    clearTimeout(greeting);
    clearTimeout(whole);
  }
}

async function sendReady(channel: Channel, { readCounters }: ProbeNode): Promise<void> {
  const counters = readCounters();
  await channel.send({ type: 'ready', ...(counters && { counters }) });
}

/** Answers datagrams until the peer requests their count. */
async function countDatagrams(
  channel: Channel,
  { nonce, keys, options }: DatagramsAnswer,
): Promise<void> {
  const { answers, node, address } = options;
  // Before the peer sends the first.
  answers.open({ session: nonce.subarray(0, sessionBytes), key: keys.datagrams, address });
  try {
    await sendReady(channel, node);
    await channel.receive('count');
    await settle();
  } finally {
    answers.close();
  }
  const counters = node.readCounters();
  await channel.send({
    type: 'report',
    datagrams: answers.arrived(),
    ...(counters && { counters }),
  });
}

interface DatagramsAnswer {
  readonly nonce: Buffer;
  readonly keys: SessionKeys;
  readonly options: AnswerOptions;
}

function endAfter(socket: Socket, milliseconds: number): NodeJS.Timeout {
  return setTimeout(() => {
    socket.destroy(new SourceError('timeout', `expected an end within ${milliseconds / 1000} s`));
  }, milliseconds);
}
