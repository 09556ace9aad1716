import type { AgentStatus, DeviceStatus, Status } from '../model/status.ts';
import { eventFindings, stormCount } from './event-findings.ts';
import type { Finding, Runbook } from './finding.ts';

/**
 * Minimum carrier changes of a device that has had a link since boot. Many drivers count the initial loss of carrier as a
 * change, so an unused port has one too.
 */
const minCarrierChanges = 2;

/** Current and recent problems, most severe first, then most recent first. */
export function findingsOf(status: Status): readonly Finding[] {
  const { devices, agent } = status;
  const findings = [
    ...devices.flatMap((device) => deviceFindings(device, status)),
    ...eventFindings(status),
    ...agentFindings(agent),
  ];
  return findings.toSorted(
    (one, other) => rank(one) - rank(other) || lastSeconds(other) - lastSeconds(one),
  );
}

/** The most severe finding about a device; undefined if there is none. */
export function worstOf(findings: readonly Finding[], device: string): Finding | undefined {
  return findings.find((finding) => finding.device === device);
}

function rank({ grade }: Finding): number {
  return grade === 'bad' ? 0 : 1;
}

function lastSeconds({ timestampSeconds }: Finding): number {
  return timestampSeconds ?? Number.MAX_SAFE_INTEGER;
}

function deviceFindings(
  { name: device, hangActive, txStalled, linkUp, adminUp, counters, knownIssues }: DeviceStatus,
  { kernelEvents, agent }: Status,
): readonly Finding[] {
  const timeouts = Math.max(counters.tx_timeouts ?? 0, counters.driver_tx_timeouts ?? 0);
  const loggedTimeouts = kernelEvents
    .filter((row) => row.device === device && row.event === 'tx_timeout')
    .reduce((sum, row) => sum + row.count, 0);
  const isLogRead = agent.kernelLog.some(({ up }) => up);
  const carrierChanges = counters.carrier_changes ?? 0;
  const findings: readonly (false | Omit<Finding, 'device' | 'timestampSeconds'>)[] = [
    hangActive === true && {
      grade: 'bad',
      state: 'hangs',
      sentence: 'The transmitter hangs: the kernel log reports it.',
      runbook: 'NICHangActive',
    },
    txStalled === true && {
      grade: 'bad',
      state: 'stalled',
      sentence: 'The transmitter is stalled: carrier is up, packets wait, none is sent.',
      runbook: 'NICTransmitStalled',
    },
    timeouts - loggedTimeouts >= (isLogRead ? stormCount : 1) && {
      grade: 'warn',
      state: 'TX timeouts',
      sentence: `TX timeouts since the driver was loaded: ${timeouts}, in the kernel log: ${loggedTimeouts}. The times of the others are unknown.`,
      runbook: 'NICTransmitTimeout',
    },
    linkUp === false &&
      adminUp === true &&
      carrierChanges >= minCarrierChanges && {
        grade: 'warn',
        state: 'link down',
        sentence: `The link is down. Carrier changes since boot: ${carrierChanges}.`,
        runbook: 'link-down',
      },
    ...knownIssues
      .filter((issue) => issue.exposed && issue.severity !== 'info')
      .map(({ id }) => ({
        grade: 'warn' as const,
        state: 'known issue',
        sentence: `May be affected by the known issue ${id}.`,
        runbook: 'NICKnownIssueExposed' as const,
      })),
  ];
  return findings.flatMap((finding) =>
    finding === false ? [] : [{ ...finding, device, timestampSeconds: undefined }],
  );
}

function agentFindings({
  collectors,
  failedReads,
  kernelLog,
  statePersistent,
}: AgentStatus): readonly Finding[] {
  return [
    ...collectors
      .filter(({ success }) => !success)
      .map(({ name }) =>
        agentFinding(
          `The collector ${name} fails: its values are missing.`,
          'NICWatchCollectorFailing',
        ),
      ),
    ...failedReads
      .filter(({ stuck }) => stuck)
      .map(({ device, read }) =>
        agentFinding(
          `Reading ${read} of ${device} timed out: its driver may be stuck.`,
          'NICWatchDeviceReadStuck',
        ),
      ),
    ...(kernelLog.length > 0 && kernelLog.every(({ up }) => !up)
      ? [
          agentFinding(
            'The kernel log cannot be read: hangs that only it reports are not detected.',
            'NICWatchKernelLogBlind',
          ),
        ]
      : []),
    ...(statePersistent === false
      ? [
          agentFinding(
            'The state directory cannot be written: counts are lost when the agent restarts.',
            undefined,
          ),
        ]
      : []),
  ];
}

function agentFinding(sentence: string, runbook: Runbook | undefined): Finding {
  return {
    grade: 'warn',
    device: undefined,
    state: 'agent',
    sentence,
    timestampSeconds: undefined,
    runbook,
  };
}
