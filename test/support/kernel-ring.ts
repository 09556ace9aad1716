import { closeSync, constants, openSync, readSync } from 'node:fs';

/** One record of the kernel log, as far as tests look at it. */
export interface RingRecord {
  /** 0 is the kernel. */
  readonly facility: number;
  readonly sequence: number;
  readonly text: string;
}

const recordPattern = /^(\d+),(\d+),\d+,[^;]*;(.*)$/m;
const largestRecordBytes = 16 * 1024;

/** Everything the kernel log holds. */
export function readKernelRing(): readonly RingRecord[] {
  const file = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const records: RingRecord[] = [];
    for (;;) {
      const record = readRecord(file);
      if (record === undefined) {
        return records;
      }
      const [, priority, sequence, text] = recordPattern.exec(record) ?? [];
      if (text !== undefined) {
        records.push({ facility: Number(priority) >> 3, sequence: Number(sequence), text });
      }
    }
  } finally {
    closeSync(file);
  }
}

/** The next record; empty for one that was just overwritten, undefined after the last. */
function readRecord(file: number): string | undefined {
  const buffer = Buffer.alloc(largestRecordBytes);
  try {
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, buffer.length, null));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EAGAIN') {
      return undefined;
    }
    if (code === 'EPIPE') {
      return '';
    }
    throw error;
  }
}
