import { createHmac, timingSafeEqual } from 'node:crypto';

import type { NetworkCounters } from '../host/network-counters.ts';
import type { TcpSegments } from '../parsers/tcp-info.ts';

/** Length of every frame, so that no answer is longer than its request. */
export const frameBytes = 512;
export const nonceBytes = 16;
const macBytes = 32;
/** First bytes of a frame: protocol and version. */
const magic = Buffer.from('nwp1');

/**
 * A connection begins with hello and welcome, which prove to each side that the other has the secret, and with begin,
 * which only who has seen the welcome can send. Then, for a bulk, payload and `sent` in each direction, each answered by
 * `received`, and a `report`; for datagrams `count` and a `report`.
 */
const frameTypes = [
  'hello',
  'welcome',
  'begin',
  'ready',
  'busy',
  'sent',
  'received',
  'count',
  'report',
] as const;
export type FrameType = (typeof frameTypes)[number];

/** Purpose of a connection: counters only, a bulk in each direction, or datagrams beside it. */
const profiles = ['counters', 'bulk', 'datagrams'] as const;
export type Profile = (typeof profiles)[number];

/** Datagrams of a session, by size. */
interface DatagramCounts {
  readonly small: number;
  readonly large: number;
}

/** One frame. Fields that its type does not use are empty. */
export interface Frame {
  readonly type: FrameType;
  readonly profile: Profile;
  /** Since the epoch, of a hello. */
  readonly timeMilliseconds: number;
  /** Of hello and welcome. */
  readonly nonce: Buffer;
  /** Of a bulk, in each direction. */
  readonly bytes: number;
  /** Datagrams of the session that arrived. */
  readonly datagrams: DatagramCounts;
  /** SHA-256 of the payload that was sent or has arrived. */
  readonly digest: Buffer;
  /** Name of the node. */
  readonly name: string;
  /** Of the namespace of the sender of the frame, when it sent it. */
  readonly counters?: NetworkCounters;
  /** Of the connection, as the sender of the frame sees it. */
  readonly segments?: TcpSegments;
}

/** The content of a frame. */
export type FrameContent = Pick<Frame, 'type'> & Partial<Frame>;

const layout = {
  type: 4,
  profile: 5,
  nameLength: 6,
  time: 8,
  nonce: 16,
  bytes: 32,
  small: 36,
  large: 40,
  checksumErrors: 48,
  bufferErrors: 56,
  segmentsSent: 64,
  segmentsRetransmitted: 72,
  digest: 96,
  name: 128,
  mac: frameBytes - macBytes,
} as const;
const digestBytes = 32;
/** Max length of a DNS name. */
const maxNameBytes = 253;

/** Writes a frame. `sequence` counts the frames sent with a key. */
export function encodeFrame(frame: FrameContent, { key, sequence }: FrameKey): Buffer {
  const bytes = Buffer.alloc(frameBytes);
  magic.copy(bytes);
  bytes[layout.type] = frameTypes.indexOf(frame.type);
  bytes[layout.profile] = profiles.indexOf(frame.profile ?? 'counters');
  bytes.writeDoubleBE(frame.timeMilliseconds ?? Number.NaN, layout.time);
  frame.nonce?.copy(bytes, layout.nonce, 0, nonceBytes);
  bytes.writeUInt32BE(frame.bytes ?? 0, layout.bytes);
  bytes.writeUInt32BE(frame.datagrams?.small ?? 0, layout.small);
  bytes.writeUInt32BE(frame.datagrams?.large ?? 0, layout.large);
  bytes.writeDoubleBE(frame.counters?.checksumErrors ?? Number.NaN, layout.checksumErrors);
  bytes.writeDoubleBE(frame.counters?.bufferErrors ?? Number.NaN, layout.bufferErrors);
  bytes.writeDoubleBE(frame.segments?.sent ?? Number.NaN, layout.segmentsSent);
  bytes.writeDoubleBE(frame.segments?.retransmitted ?? Number.NaN, layout.segmentsRetransmitted);
  frame.digest?.copy(bytes, layout.digest, 0, digestBytes);
  const name = Buffer.from(frame.name ?? '').subarray(0, maxNameBytes);
  bytes[layout.nameLength] = name.copy(bytes, layout.name);
  macOf(bytes, { key, sequence }).copy(bytes, layout.mac);
  return bytes;
}

/** The key and position that authenticate a frame. */
export interface FrameKey {
  readonly key: Buffer;
  readonly sequence: number;
}

/** Reads a frame; undefined if it was not written with this key and at this position. */
export function parseFrame(bytes: Buffer, expected: FrameKey): Frame | undefined {
  if (bytes.length !== frameBytes || !magic.equals(bytes.subarray(0, magic.length))) {
    return undefined;
  }
  if (!timingSafeEqual(macOf(bytes, expected), bytes.subarray(layout.mac))) {
    return undefined;
  }
  const type = frameTypes[bytes.readUInt8(layout.type)];
  const profile = profiles[bytes.readUInt8(layout.profile)];
  const nameLength = bytes.readUInt8(layout.nameLength);
  if (type === undefined || profile === undefined || nameLength > maxNameBytes) {
    return undefined;
  }
  const checksumErrors = countAt(bytes, layout.checksumErrors);
  const bufferErrors = countAt(bytes, layout.bufferErrors);
  const sent = countAt(bytes, layout.segmentsSent);
  const retransmitted = countAt(bytes, layout.segmentsRetransmitted);
  return {
    type,
    profile,
    timeMilliseconds: bytes.readDoubleBE(layout.time),
    nonce: nonceOf(bytes),
    bytes: bytes.readUInt32BE(layout.bytes),
    datagrams: {
      small: bytes.readUInt32BE(layout.small),
      large: bytes.readUInt32BE(layout.large),
    },
    ...(checksumErrors === undefined || bufferErrors === undefined
      ? {}
      : { counters: { checksumErrors, bufferErrors } }),
    ...(sent === undefined || retransmitted === undefined
      ? {}
      : { segments: { sent, retransmitted } }),
    digest: Buffer.from(bytes.subarray(layout.digest, layout.digest + digestBytes)),
    name: bytes.toString('utf8', layout.name, layout.name + nameLength),
  };
}

/** The nonce of an unverified frame: the key of a welcome depends on it. */
export function nonceOf(bytes: Buffer): Buffer {
  return Buffer.from(bytes.subarray(layout.nonce, layout.nonce + nonceBytes));
}

function macOf(bytes: Buffer, { key, sequence }: FrameKey): Buffer {
  return createHmac('sha256', key)
    .update(Buffer.from([sequence]))
    .update(bytes.subarray(0, layout.mac))
    .digest();
}

/** Undefined if the sender did not know it, or sent an invalid count. */
function countAt(bytes: Buffer, offset: number): number | undefined {
  const value = bytes.readDoubleBE(offset);
  return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
