/** One record of the kernel log: one printk call, however many lines its text has. */
export interface KernelRecord {
  /** Counts every record since boot; a gap means records were lost. */
  readonly sequence: number;
  /** Microseconds since boot. */
  readonly timestampMicroseconds: number;
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

/** What one look at the kernel log gave. */
export interface KernelLogBatch {
  readonly records: readonly KernelRecord[];
  /** Nothing more was there to be read. */
  readonly caughtUp: boolean;
}
