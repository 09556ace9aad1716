import type { PeerResult, ProbeDirection, ProbeReading } from '../model/probe-report.ts';
import { datagramSizes } from './datagram.ts';

/** Sent and lost packets. */
export interface Counted {
  readonly sent: number;
  readonly lost: number;
}

/** All measurements with a peer in one direction. */
export interface DirectionTotals {
  readonly tcp: Counted;
  /** Datagrams. */
  readonly small: Counted;
  readonly large: Counted;
  readonly checksumErrors: number;
  /** Of the connections. */
  readonly transfers: number;
  readonly corrupted: number;
  readonly isStalled: boolean;
  /** Whether the kernel reported the segments of every connection. */
  readonly isComplete: boolean;
}

/** Sums one direction. Missing measurements count as zero. */
export function totalsOf(
  { readings, problem }: PeerResult,
  direction: ProbeDirection,
): DirectionTotals {
  const own = readings.filter((reading) => reading.direction === direction);
  const tcp = own.filter(({ protocol }) => protocol === 'tcp');
  const sized = (bytes: number): Counted =>
    counted(own.filter((reading) => reading.protocol === 'udp' && reading.bytes === bytes));
  return {
    tcp: counted(tcp),
    small: sized(datagramSizes.small),
    large: sized(datagramSizes.large),
    checksumErrors: sum(own, ({ checksumErrors = 0 }) => checksumErrors),
    transfers: sum(tcp, ({ transfers }) => transfers),
    corrupted: sum(tcp, ({ corrupted }) => corrupted),
    isStalled: problem?.stalledDirection === direction,
    isComplete: tcp.length > 0 && tcp.every(({ sent }) => sent !== undefined),
  };
}

function counted(readings: readonly ProbeReading[]): Counted {
  return {
    sent: sum(readings, ({ sent = 0 }) => sent),
    lost: sum(readings, ({ lost = 0 }) => lost),
  };
}

function sum(
  readings: readonly ProbeReading[],
  valueOf: (reading: ProbeReading) => number,
): number {
  return readings.reduce((total, reading) => total + valueOf(reading), 0);
}
