import type { KernelRecord } from '../../src/model/kernel-record.ts';

/** A record of the kernel with this text, as /dev/kmsg would give it. */
export function kernelRecord(text: string, fields: Partial<KernelRecord> = {}): KernelRecord {
  return {
    sequence: 1,
    cursor: undefined,
    timestampMicroseconds: 1,
    realtimeMicroseconds: undefined,
    facility: 0,
    level: 3,
    text,
    subsystem: undefined,
    device: undefined,
    ...fields,
  };
}
