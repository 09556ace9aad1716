import type { KernelRecord } from '../model/kernel-record.ts';
import type { LogPosition } from '../model/ledger.ts';

/**
 * Whether a record was counted before. Each source has its own way to say where a record stands; where the log was last
 * read from the other source, both sources' time since boot is the same.
 */
export function isBehind(record: KernelRecord, position: LogPosition): boolean {
  if (record.sequence !== undefined && position.sequence !== undefined) {
    return record.sequence <= position.sequence;
  }
  if (record.cursor !== undefined && position.cursor !== undefined) {
    // The journal was opened behind the cursor.
    return false;
  }
  return (
    position.timestampMicroseconds !== undefined &&
    record.timestampMicroseconds <= position.timestampMicroseconds
  );
}

/** The position behind a record. */
export function advance({ sequence, cursor, timestampMicroseconds }: KernelRecord): LogPosition {
  return { sequence, cursor, timestampMicroseconds };
}

/** How many records stood between the last one read and this one. */
export function lostBetween(position: LogPosition, { sequence }: KernelRecord): number {
  return sequence === undefined || position.sequence === undefined
    ? 0
    : sequence - position.sequence - 1;
}
