import { setTimeout } from 'node:timers/promises';

import { SourceError } from '../model/errors.ts';

/** Sends a UDP datagram with its header. @returns the name of the errno, or undefined. */
type SendDatagram = (datagram: Buffer) => string | undefined;

export interface ChecksumDrillOptions {
  readonly send: SendDatagram;
  /** UDP port of the tunnel. */
  readonly port: number;
  readonly wait?: (milliseconds: number) => Promise<unknown>;
}

const count = 200;
/** Max 50 per second. */
const intervalMilliseconds = 20;
const sourcePort = 0xd411;
/** A wrong checksum; at most one packet matches it by chance, since payloads differ. */
const wrongChecksum = 0x0bad;
/** VXLAN of an unused network, with a frame of the IEEE 802 local experimental type. */
const vxlanHeader = Buffer.from('08000000fffffe00', 'hex');
const innerFrame = Buffer.from('02000000000202000000000188b5', 'hex');

/**
 * Sends VXLAN packets with a wrong outer checksum, which the receiver drops without decapsulating them.
 *
 * @returns the number of packets sent.
 * @throws {SourceError} `failed` when one cannot be sent.
 */
export async function drillChecksum({
  send,
  port,
  wait = setTimeout,
}: ChecksumDrillOptions): Promise<number> {
  for (let sequence = 1; sequence <= count; sequence += 1) {
    const error = send(corruptDatagram(port, sequence));
    if (error !== undefined) {
      throw new SourceError('failed', `packet ${sequence} of ${count} was not sent: ${error}`);
    }
    await wait(intervalMilliseconds);
  }
  return count;
}

function corruptDatagram(port: number, sequence: number): Buffer {
  const text = Buffer.from(`nicwatch drill checksum, packet ${sequence} of ${count}`);
  const header = Buffer.alloc(8);
  header.writeUInt16BE(sourcePort, 0);
  header.writeUInt16BE(port, 2);
  const datagram = Buffer.concat([header, vxlanHeader, innerFrame, text]);
  datagram.writeUInt16BE(datagram.length, 4);
  datagram.writeUInt16BE(wrongChecksum, 6);
  return datagram;
}
