import type { DeviceStatus, Status } from '../model/status.ts';

/** How bad something is, as the page colours it and says in words. */
export type Grade = 'good' | 'warn' | 'bad';

/** Something that is wrong now, in one sentence about a device or about the agent. */
export interface Finding {
  readonly grade: 'warn' | 'bad';
  /** Undefined where it is about the agent. */
  readonly device: string | undefined;
  readonly sentence: string;
}

/** What is wrong now, the worst first. */
export function findingsOf({ devices, agent }: Status): readonly Finding[] {
  const findings = [
    ...devices.flatMap(deviceFindings),
    ...agent.collectors
      .filter(({ success }) => !success)
      .map(({ name }) => agentFinding(`The collector ${name} fails, so its values are missing.`)),
    ...agent.failedReads
      .filter(({ stuck }) => stuck)
      .map(({ device, read }) =>
        agentFinding(`Reading ${read} of ${device} got no answer: its driver may be stuck.`),
      ),
    ...(agent.kernelLog.length > 0 && agent.kernelLog.every(({ up }) => !up)
      ? [agentFinding('The kernel log cannot be read, so hangs that only it tells of go unseen.')]
      : []),
    ...(agent.statePersistent === false
      ? [agentFinding('The state directory cannot be written: a restart counts anew.')]
      : []),
  ];
  return findings.toSorted((one, other) => rank(one) - rank(other));
}

/** The worst of what is found about a device. */
export function gradeOf(device: DeviceStatus): Grade {
  const grades = deviceFindings(device).map(({ grade }) => grade);
  return grades.includes('bad') ? 'bad' : (grades[0] ?? 'good');
}

function rank({ grade }: Finding): number {
  return grade === 'bad' ? 0 : 1;
}

function deviceFindings({
  name: device,
  hangActive,
  txStalled,
  knownIssues,
}: DeviceStatus): readonly Finding[] {
  const exposed = knownIssues.filter((issue) => issue.exposed && issue.severity !== 'info');
  return [
    ...(hangActive === true
      ? [
          {
            grade: 'bad' as const,
            device,
            sentence: 'hangs: the kernel logs that its transmitter has stopped.',
          },
        ]
      : []),
    ...(txStalled === true
      ? [
          {
            grade: 'bad' as const,
            device,
            sentence: 'sends nothing although it has carrier and packets are waiting.',
          },
        ]
      : []),
    ...exposed.map(({ id }) => ({
      grade: 'warn' as const,
      device,
      sentence: `may be affected by the known issue ${id}.`,
    })),
  ];
}

function agentFinding(sentence: string): Finding {
  return { grade: 'warn', device: undefined, sentence };
}
