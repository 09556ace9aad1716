import type { PeerResult, ProbeDirection, ProbeReading } from '../model/probe-report.ts';
import { datagramSizes } from './datagram.ts';

/** Packets, and those of them that were lost. */
export interface Counted {
  readonly sent: number;
  readonly lost: number;
}

/** All that was measured with a peer in one direction. */
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
  /** Whether the kernel told of every connection what it sent. */
  readonly isComplete: boolean;
}

/** Sums up one direction. What was not measured counts nothing. */
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
