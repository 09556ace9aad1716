/** One record of the kernel log: one printk call, however many lines its text has. */
export interface KernelRecord {
  /** Counts every record since boot; a gap means records were lost. The journal keeps none. */
  readonly sequence: number | undefined;
  /** Place in the journal; /dev/kmsg has none. */
  readonly cursor: string | undefined;
  /** Microseconds since boot. */
  readonly timestampMicroseconds: number;
  /** Microseconds since the epoch, where the source says. */
  readonly realtimeMicroseconds: number | undefined;
  /** 0 is the kernel. No process can write a record of facility 0. */
  readonly facility: number;
  readonly level: number;
  /** Escapes undone, bytes that are not UTF-8 replaced, no trailing newline. */
  readonly text: string;
  /** `SUBSYSTEM=` of the record's dictionary. */
  readonly subsystem: string | undefined;
  /** `DEVICE=` of the record's dictionary: `+pci:0000:00:1f.6`, `n8`. */
  readonly device: string | undefined;
}

/** A record of the journal, and the boot it is of. */
export interface JournalRecord extends KernelRecord {
  /** As `/proc/sys/kernel/random/boot_id` writes it. */
  readonly bootId: string | undefined;
}

/** Where kernel records come from. */
export type KernelLogSource = 'kmsg' | 'journal';

/** What one look at the kernel log gave. */
export interface KernelLogBatch {
  readonly records: readonly KernelRecord[];
  /** Nothing more was there to be read. */
  readonly caughtUp: boolean;
}
