import type { AgentStatus, DeviceStatus, Status } from '../model/status.ts';
import { eventFindings, stormCount } from './event-findings.ts';
import type { Finding, Runbook } from './finding.ts';

/**
 * A device without carrier that has had it since boot: the carrier came and went. Most drivers begin without carrier, and
 * many count that as the first change, so that a port nobody has ever used has one too.
 */
const linkedCarrierChanges = 2;

/** What is wrong now or has just been, the worst first, then what was last. */
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

/** The worst finding about a device; undefined where there is none. */
export function worstOf(findings: readonly Finding[], device: string): Finding | undefined {
  return findings.find((finding) => finding.device === device);
}

function rank({ grade }: Finding): number {
  return grade === 'bad' ? 0 : 1;
}

/** What is so now comes first. */
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
      sentence: `TX timeouts since the driver was loaded: ${timeouts}, in the kernel log: ${loggedTimeouts}. When the others were is not known.`,
      runbook: 'NICTransmitTimeout',
    },
    linkUp === false &&
      adminUp === true &&
      carrierChanges >= linkedCarrierChanges && {
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
          `Reading ${read} of ${device} got no answer: its driver may be stuck.`,
          'NICWatchDeviceReadStuck',
        ),
      ),
    ...(kernelLog.length > 0 && kernelLog.every(({ up }) => !up)
      ? [
          agentFinding(
            'The kernel log cannot be read: hangs that only it reports go unseen.',
            'NICWatchKernelLogBlind',
          ),
        ]
      : []),
    ...(statePersistent === false
      ? [
          agentFinding(
            'The state directory cannot be written: counts start anew when the agent restarts.',
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
