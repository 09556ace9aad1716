import runbooks from '../../runbooks.json' with { type: 'json' };

/** Something that is wrong, in one sentence about a device or about the agent. */
export interface Finding {
  readonly grade: 'warn' | 'bad';
  /** Undefined where it is about the agent, empty where the kernel log names no device. */
  readonly device: string | undefined;
  /** In a word or three. */
  readonly state: string;
  readonly sentence: string;
  /** When it last happened, in seconds since the epoch; undefined for what is so now. */
  readonly timestampSeconds: number | undefined;
  readonly runbook: Runbook | undefined;
}

/** The pages of `docs/runbooks/` the status page refers to, most under the names of their alerts. */
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

/** The address of a runbook. */
export function runbookUrl(runbook: Runbook): string {
  return `${runbooks.address}/${runbook}.md`;
}
