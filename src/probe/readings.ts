import type { ProbeReading } from '../model/probe-report.ts';

/** Approximate size of a segment with the usual MTU, if the kernel does not report segments. */
const usualSegmentBytes = 1400;

/** Sums readings of one kind of packets in one direction. A value that no reading has stays undefined. */
export function mergeReadings(readings: readonly ProbeReading[]): readonly ProbeReading[] {
  const merged = new Map<string, ProbeReading>();
  for (const reading of readings) {
    const key = `${reading.direction} ${reading.protocol} ${reading.bytes}`;
    const known = merged.get(key);
    merged.set(key, known === undefined ? reading : sum(known, reading));
  }
  return [...merged.values()];
}

/** TCP segments in the direction with fewer. */
export function fewestSegments(readings: readonly ProbeReading[]): number {
  const segments = (wanted: ProbeReading['direction']): number =>
    readings
      .filter(({ direction, protocol }) => direction === wanted && protocol === 'tcp')
      .reduce(
        (total, { sent, bytes }) => total + (sent ?? Math.ceil(bytes / usualSegmentBytes)),
        0,
      );
  return Math.min(segments('to'), segments('from'));
}

function sum(one: ProbeReading, other: ProbeReading): ProbeReading {
  const both = (key: 'sent' | 'lost' | 'checksumErrors'): Partial<ProbeReading> => {
    const [first, second] = [one[key], other[key]];
    return first === undefined && second === undefined
      ? {}
      : { [key]: (first ?? 0) + (second ?? 0) };
  };
  const { direction, protocol, bytes } = one;
  return {
    direction,
    protocol,
    bytes,
    transfers: one.transfers + other.transfers,
    ...both('sent'),
    ...both('lost'),
    ...both('checksumErrors'),
    corrupted: one.corrupted + other.corrupted,
    seconds: one.seconds + other.seconds,
  };
}
