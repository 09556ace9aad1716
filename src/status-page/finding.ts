import runbooks from '../../runbooks.json' with { type: 'json' };

/** A problem of a device or of the agent, in one sentence. */
export interface Finding {
  readonly grade: 'warn' | 'bad';
  /** Undefined for the agent, empty where the kernel log names no device. */
  readonly device: string | undefined;
  /** One to three words. */
  readonly state: string;
  readonly sentence: string;
  /** When it last happened, in seconds since the epoch; undefined for a current state. */
  readonly timestampSeconds: number | undefined;
  readonly runbook: Runbook | undefined;
}

/** The pages of `docs/runbooks/` that the status page links to, most named after their alerts. */
export type Runbook =
  | 'NICAdapterResetLoop'
  | 'NICDeadLoopSustained'
  | 'NICDeviceLost'
  | 'NICFirmwareFault'
  | 'NICHangActive'
  | 'NICHardwareUnitHang'
  | 'NICHungBeforeReboot'
  | 'NICKnownIssueExposed'
  | 'NICReceiveChecksumFault'
  | 'NICTransmitStalled'
  | 'NICTransmitTimeout'
  | 'NICWatchCollectorFailing'
  | 'NICWatchDeviceReadStuck'
  | 'NICWatchKernelLogBlind'
  | 'link-down';

/** The URL of a runbook. */
export function runbookUrl(runbook: Runbook): string {
  return `${runbooks.address}/${runbook}.md`;
}

/** The URL of the page about `nicwatch check`. */
export const checkUrl: string = runbooks.address.replace(/runbooks$/, 'check.md');
