import type { SourceError } from '../model/errors.ts';
import type { LoggedEvent } from '../model/kernel-event.ts';
import type { KernelLogSource } from '../model/kernel-record.ts';
import type { KernelEventCount } from '../model/ledger.ts';
import type { LastHang } from './count.ts';

/** The status of one source of kernel records. */
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

/** What is known from the kernel log so far. */
export interface KernelLogState {
  /** Those that may be followed, in the order in which they are tried. */
  readonly sources: readonly SourceState[];
  readonly events: readonly KernelEventCount[];
  readonly previousBootEvents: readonly KernelEventCount[];
  readonly lastHangs: ReadonlyMap<string, LastHang>;
  /** The last of each device, the newest first. */
  readonly recentEvents: readonly LoggedEvent[];
  /** Whether what the log held at first has been counted, or the log cannot be read. */
  readonly isCaughtUp: boolean;
  /** Whether what was counted survives the agent; undefined while nobody knows. */
  readonly isPersistent: boolean | undefined;
  readonly stateError: SourceError | undefined;
}
