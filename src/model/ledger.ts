import type { KernelEventName } from './kernel-event.ts';

/** Events of one class on one device since boot. Device and driver are empty where the log does not tell. */
export interface KernelEventCount {
  readonly device: string;
  readonly driver: string;
  readonly event: KernelEventName;
  readonly count: number;
  /** Unknown where the boot time is. */
  readonly lastTimestampSeconds: number | undefined;
}

/** How far the kernel log of a boot was read, by whichever source. */
export interface LogPosition {
  /** Of the last record read from /dev/kmsg. */
  readonly sequence: number | undefined;
  /** Of the last record read from the journal. */
  readonly cursor: string | undefined;
  /** Of the last record read from either, so that one can go on where the other stopped. */
  readonly timestampMicroseconds: number | undefined;
}

/** What one boot's kernel log has told. */
export interface BootEvents {
  readonly bootId: string;
  readonly events: readonly KernelEventCount[];
}

/** What is kept across restarts of the agent: how far the log was read, together with what was counted until there. */
export interface Ledger extends BootEvents {
  readonly position: LogPosition;
  /** Of the boot before this one, if the agent ran then. */
  readonly previousBoot: BootEvents | undefined;
}
