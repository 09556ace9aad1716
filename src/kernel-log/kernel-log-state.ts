import type { SourceError } from '../model/errors.ts';
import type { LoggedEvent } from '../model/kernel-event.ts';
import type { KernelLogSource } from '../model/kernel-record.ts';
import type { KernelEventCount } from '../model/ledger.ts';
import type { LastHang } from './count.ts';

/** The status of one source of kernel records. */
export interface SourceState {
  readonly source: KernelLogSource;
  readonly isUp: boolean;
  /** Why it cannot be read. */
  readonly error: SourceError | undefined;
  readonly records: number;
  /** Records overwritten before they were read. */
  readonly lost: number;
  /** Messages suppressed by the kernel's rate limit. */
  readonly suppressed: number;
}

/** The state of following the kernel log. */
export interface KernelLogState {
  /** In the order in which they are tried. */
  readonly sources: readonly SourceState[];
  readonly events: readonly KernelEventCount[];
  readonly previousBootEvents: readonly KernelEventCount[];
  readonly lastHangs: ReadonlyMap<string, LastHang>;
  /** The latest events of each device, newest first. */
  readonly recentEvents: readonly LoggedEvent[];
  /** Whether the records already in the log have been counted, or the log cannot be read. */
  readonly isCaughtUp: boolean;
  /** Whether the counts survive a restart; undefined until it is known. */
  readonly isPersistent: boolean | undefined;
  readonly stateError: SourceError | undefined;
}
