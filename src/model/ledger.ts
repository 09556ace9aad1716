import type { KernelEventName } from './kernel-event.ts';

/** Events of one class on one device since boot. Device and driver are empty where the log does not name them. */
export interface KernelEventCount {
  readonly device: string;
  readonly driver: string;
  readonly event: KernelEventName;
  readonly count: number;
  /** Undefined where the boot time is unknown. */
  readonly lastTimestampSeconds: number | undefined;
}

/** Position in the kernel log of a boot, for each source. */
export interface LogPosition {
  /** Of the last record read from /dev/kmsg. */
  readonly sequence: number | undefined;
  /** Of the last record read from the journal. */
  readonly cursor: string | undefined;
  /** Of the last record read from either, so that one source can continue where the other stopped. */
  readonly timestampMicroseconds: number | undefined;
}

/** The events in the kernel log of one boot. */
export interface BootEvents {
  readonly bootId: string;
  readonly events: readonly KernelEventCount[];
}

/** The state kept across restarts of the agent: the position in the kernel log, and the counts up to it. */
export interface Ledger extends BootEvents {
  readonly position: LogPosition;
  /** Of the previous boot, if the agent ran then. */
  readonly previousBoot: BootEvents | undefined;
}
