import { endianness } from 'node:os';

/** The bytes of a packet. Reads beyond its end return 0. */
export interface PacketData {
  readonly length: number;
  readonly bytes: Uint8Array;
  /** The same bytes in the byte order of the machine. */
  readonly words: Uint16Array;
}

const isLittleEndian = endianness() === 'LE';

/** Views bytes as a packet. */
export function packetData(packet: Uint8Array): PacketData {
  // A view of words must be aligned; a received packet is.
  const bytes = packet.byteOffset % 2 === 0 ? packet : Uint8Array.from(packet);
  const { buffer, byteOffset, length } = bytes;
  return { length, bytes, words: new Uint16Array(buffer, byteOffset, length >> 1) };
}

export function byteAt({ bytes }: PacketData, at: number): number {
  return bytes[at] ?? 0;
}

/** A 16-bit number in network byte order. */
export function numberAt({ bytes }: PacketData, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** A 16-bit number in the byte order of the machine, at an even offset. */
export function wordAt({ words }: PacketData, at: number): number {
  return words[at >> 1] ?? 0;
}

/** The word of two bytes in network byte order, in the byte order of the machine. */
export function wordOf(high: number, low: number): number {
  return isLittleEndian ? (low << 8) | high : (high << 8) | low;
}

/**
 * Sums the 16-bit words from one even offset up to another offset; an odd last byte is padded with 0. The Internet
 * checksum does not depend on the byte order, so none is swapped.
 *
 * @see RFC 1071
 */
export function sumWords({ words, bytes, length }: PacketData, from: number, to: number): number {
  const end = Math.min(to, length);
  const last = end >> 1;
  let sum = 0;
  let index = from >> 1;
  // Unrolled: most of the cost of a sample, and not compiled.
  for (; index + 8 <= last; index += 8) {
    sum +=
      (words[index] ?? 0) +
      (words[index + 1] ?? 0) +
      (words[index + 2] ?? 0) +
      (words[index + 3] ?? 0) +
      (words[index + 4] ?? 0) +
      (words[index + 5] ?? 0) +
      (words[index + 6] ?? 0) +
      (words[index + 7] ?? 0);
  }
  for (; index < last; index += 1) {
    sum += words[index] ?? 0;
  }
  return end % 2 === 1 && end > from ? sum + wordOf(bytes[end - 1] ?? 0, 0) : sum;
}

/** Whether data summed together with its checksum is intact: the sum is all ones. */
export function isIntact(sum: number): boolean {
  return sum > 0 && sum % 0xffff === 0;
}
