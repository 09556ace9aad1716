import { setTimeout } from 'node:timers/promises';

import { SourceError } from '../model/errors.ts';

/** Sends a UDP datagram whose header is given, and says under which error that failed. */
type SendDatagram = (datagram: Buffer) => string | undefined;

export interface ChecksumDrillOptions {
  readonly send: SendDatagram;
  /** UDP port of the tunnel. */
  readonly port: number;
  readonly wait?: (milliseconds: number) => Promise<unknown>;
}

const count = 200;
/** 50 a second at most. */
const intervalMilliseconds = 20;
const sourcePort = 0xd411;
/** Never right but by chance, and then for one packet only: each has another payload. */
const wrongChecksum = 0x0bad;
/** VXLAN to a network nobody has, with a frame of a type no protocol uses (IEEE 802 local experimental). */
const vxlanHeader = Buffer.from('08000000fffffe00', 'hex');
const innerFrame = Buffer.from('02000000000202000000000188b5', 'hex');

/**
 * Sends VXLAN packets whose outer checksum is wrong, which a receiver drops before it looks inside.
 *
 * @returns how many were sent.
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
