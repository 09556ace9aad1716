import type { SourceError } from '../model/errors.ts';
import type { LoggedEvent } from '../model/kernel-event.ts';
import type { KernelLogSource } from '../model/kernel-record.ts';
import type { KernelEventCount } from '../model/ledger.ts';
import type { HangRegisters } from '../parsers/hang-registers.ts';

/** How one source of kernel records fares. */
export interface SourceState {
  readonly source: KernelLogSource;
  readonly isUp: boolean;
  /** Why it cannot be read, while it cannot. */
  readonly error: SourceError | undefined;
  readonly records: number;
  /** Overwritten before they were read. */
  readonly lost: number;
  /** Left out by the kernel's own rate limit. */
  readonly suppressed: number;
}

/** The last hang record of a device. */
export interface LastHang {
  readonly timestampSeconds: number;
  /** Undefined where the record was cut short. */
  readonly registers: HangRegisters | undefined;
}

/** What the kernel log has told so far. */
export interface KernelLogState {
  /** The sources tried so far. */
  readonly sources: readonly SourceState[];
  readonly events: readonly KernelEventCount[];
  readonly previousBootEvents: readonly KernelEventCount[];
  readonly lastHangs: ReadonlyMap<string, LastHang>;
  /** The newest first. */
  readonly recentEvents: readonly LoggedEvent[];
  /** Whether what the log held at first has been counted, or the log cannot be read. */
  readonly isCaughtUp: boolean;
  /** Whether what was counted survives the agent. */
  readonly isPersistent: boolean;
  readonly stateError: SourceError | undefined;
}
