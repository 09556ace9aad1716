import { plain } from '../check/text-style.ts';
import type { PeerResult, ProbeDirection, ProbeReading } from '../model/probe-report.ts';
import { peerName } from './verdict.ts';

export const indent = '    ';
const directions: readonly ProbeDirection[] = ['to', 'from'];

/** A row per kind of packets, a column per direction. */
export function readingsTable(peer: PeerResult): readonly string[] {
  const kinds = kindsOf(peer);
  if (kinds.length === 0) {
    return [];
  }
  const name = plain(peerName(peer));
  return layOut([
    ['', `to ${name}`, `from ${name}`],
    ...kinds.map((kind) => [
      kind,
      ...directions.map((direction) => lossText(readingOf(peer, direction, kind))),
    ]),
    ['wrong checksums', ...directions.map((direction) => errorsText(peer, direction))],
  ]);
}

/** A row per kind of packets and direction, with a column before and one after. */
export function proofTable(before: PeerResult, after: PeerResult): readonly string[] {
  const both = [before, after];
  return layOut([
    ['', 'before', 'after'],
    ...directions.flatMap((direction) => [
      ...kindsOf(before).map((kind) => [
        `${direction} ${plain(peerName(before))}: ${kind}`,
        ...both.map((peer) => lossText(readingOf(peer, direction, kind))),
      ]),
      [
        `${direction} ${plain(peerName(before))}: wrong checksums`,
        ...both.map((peer) => errorsText(peer, direction)),
      ],
    ]),
  ]);
}

/** Kinds of packets, in the order of sending. */
function kindsOf({ readings }: PeerResult): readonly string[] {
  return [...new Set(readings.map(kindOf))];
}

function kindOf({ protocol, bytes }: ProbeReading): string {
  const size =
    bytes >= 1024 * 1024
      ? `${bytes / 1024 / 1024} MiB`
      : bytes % 1024 === 0
        ? `${bytes / 1024} KiB`
        : `${bytes} B`;
  return `${protocol.toUpperCase()} ${size}`;
}

function readingOf(
  { readings }: PeerResult,
  direction: ProbeDirection,
  kind: string,
): ProbeReading | undefined {
  return readings.find((reading) => reading.direction === direction && kindOf(reading) === kind);
}

function lossText(reading: ProbeReading | undefined): string {
  const { protocol, sent, lost, corrupted = 0 } = reading ?? {};
  const changed = corrupted === 0 ? '' : `, ${corrupted} arrived changed`;
  return sent === undefined || lost === undefined
    ? `not known${changed}`
    : `${lost} of ${sent} ${protocol === 'tcp' ? 'retransmitted' : 'lost'}${changed}`;
}

function errorsText({ readings }: PeerResult, direction: ProbeDirection): string {
  const known = readings.flatMap((reading) =>
    reading.direction === direction && reading.checksumErrors !== undefined
      ? [reading.checksumErrors]
      : [],
  );
  return known.length === 0
    ? 'not known'
    : String(known.reduce((total, errors) => total + errors, 0));
}

/** Aligns rows in columns. */
function layOut(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    `${indent}${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
}
