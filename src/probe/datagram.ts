import { createHmac, randomFillSync, timingSafeEqual } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';

/** Payload sizes of datagrams, in bytes: one below and one above the size that faulty offloads corrupt. */
export const datagramSizes = { small: 64, large: 1200 } as const;
export type DatagramSize = keyof typeof datagramSizes;

/** Max datagrams answered in one session. */
export const maxDatagrams = 16_384;

export const sessionBytes = 8;
const settleMilliseconds = 50;
const macBytes = 16;
const magic = Buffer.from('nwd1');
const kinds = ['request', 'reply'] as const;
const layout = { kind: 4, session: 8, sequence: 16, payload: 20 } as const;

/** A datagram of a session. A reply has the length and the sequence number of its request. */
export interface Datagram {
  readonly kind: (typeof kinds)[number];
  readonly size: DatagramSize;
  readonly sequence: number;
}

/** The session of the datagrams of one connection. */
export interface DatagramSession {
  readonly session: Buffer;
  readonly key: Buffer;
}

/** Lets datagrams that have arrived be read first: a process without CPU time must not count them as lost. */
export async function settle(): Promise<void> {
  await setTimeout(settleMilliseconds);
}

/** Writes a datagram with a random payload. */
export function encodeDatagram(
  { kind, size, sequence }: Datagram,
  { session, key }: DatagramSession,
): Buffer {
  const bytes = Buffer.alloc(datagramSizes[size]);
  magic.copy(bytes);
  bytes[layout.kind] = kinds.indexOf(kind);
  session.copy(bytes, layout.session, 0, sessionBytes);
  bytes.writeUInt32BE(sequence, layout.sequence);
  const macAt = bytes.length - macBytes;
  randomFillSync(bytes, layout.payload, macAt - layout.payload);
  macOf(bytes, key).copy(bytes, macAt);
  return bytes;
}

/**
 * Reads a datagram of a session; undefined where it is none. `isWanted` is asked before the checksum over the whole is
 * made, so that what is repeated costs little.
 */
export function parseDatagram(
  bytes: Buffer,
  { session, key }: DatagramSession,
  isWanted: (datagram: Datagram) => boolean,
): Datagram | undefined {
  const size = bytes.length === datagramSizes.large ? 'large' : 'small';
  if (
    bytes.length !== datagramSizes[size] ||
    !magic.equals(bytes.subarray(0, magic.length)) ||
    !session.equals(bytes.subarray(layout.session, layout.session + sessionBytes))
  ) {
    return undefined;
  }
  const kind = kinds[bytes.readUInt8(layout.kind)];
  const sequence = bytes.readUInt32BE(layout.sequence);
  if (kind === undefined || sequence >= maxDatagrams || !isWanted({ kind, size, sequence })) {
    return undefined;
  }
  return timingSafeEqual(macOf(bytes, key), bytes.subarray(bytes.length - macBytes))
    ? { kind, size, sequence }
    : undefined;
}

function macOf(bytes: Buffer, key: Buffer): Buffer {
  return createHmac('sha256', key)
    .update(bytes.subarray(0, bytes.length - macBytes))
    .digest()
    .subarray(0, macBytes);
}
