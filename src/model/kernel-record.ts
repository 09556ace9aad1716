/** One record of the kernel log: one printk call, however many lines its text has. */
export interface KernelRecord {
  /** Number of the record since boot; a gap means that records were lost. Undefined for the journal. */
  readonly sequence: number | undefined;
  /** Position in the journal; undefined for /dev/kmsg. */
  readonly cursor: string | undefined;
  /** Microseconds since boot. */
  readonly timestampMicroseconds: number;
  /** Microseconds since the epoch, where the source reports it. */
  readonly realtimeMicroseconds: number | undefined;
  /** 0 is the kernel; processes cannot write records of facility 0. */
  readonly facility: number;
  readonly level: number;
  /** Unescaped, with invalid UTF-8 replaced and no trailing newline. */
  readonly text: string;
  /** `SUBSYSTEM=` of the record's dictionary. */
  readonly subsystem: string | undefined;
  /** `DEVICE=` of the record's dictionary: `+pci:0000:00:1f.6`, `n8`. */
  readonly device: string | undefined;
}

/** A record of the journal, and its boot. */
export interface JournalRecord extends KernelRecord {
  /** As `/proc/sys/kernel/random/boot_id` writes it. */
  readonly bootId: string | undefined;
}

/** Source of kernel records. */
export type KernelLogSource = 'kmsg' | 'journal';

/** The records returned by one read of the kernel log. */
export interface KernelLogBatch {
  readonly records: readonly KernelRecord[];
  readonly caughtUp: boolean;
}
