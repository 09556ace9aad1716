/** Where the runbooks are served, as in the alert rules: put your own address here, and in `npm run rules`. */
const runbooksAddress = 'https://nicwatch.example/runbooks';

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
  return `${runbooksAddress}/${runbook}.md`;
}
