import type { KernelEventName } from '../model/kernel-event.ts';
import type { EventCountStatus, Status } from '../model/status.ts';
import type { Finding, Runbook } from './finding.ts';

/** Maximum age of a recent event, whose grade is that of its kind. */
const recentSeconds = 15 * 60;
/** Minimum count of timeouts or resets that is a finding for a day. */
export const stormCount = 3;
const stormSeconds = 24 * 60 * 60;

interface EventTerm {
  readonly state: string;
  readonly grade: Finding['grade'];
  /** Once it is no longer recent: a finding until the next boot, a finding during a storm, or none. */
  readonly later: 'lasting' | 'storm' | 'over';
  readonly runbook: Runbook;
}

type TermRow = readonly [
  state: string,
  grade: EventTerm['grade'],
  later: EventTerm['later'],
  runbook: Runbook,
];

const rows: Readonly<Record<KernelEventName, TermRow>> = {
  unit_hang: ['hang logged', 'bad', 'storm', 'NICHardwareUnitHang'],
  tx_timeout: ['TX timeout', 'bad', 'storm', 'NICTransmitTimeout'],
  adapter_reset: ['adapter reset', 'bad', 'storm', 'NICAdapterResetLoop'],
  firmware_fault: ['firmware fault', 'bad', 'lasting', 'NICFirmwareFault'],
  malicious_driver: ['queue blocked', 'bad', 'over', 'NICFirmwareFault'],
  rx_csum_fault: ['checksum fault', 'warn', 'over', 'NICReceiveChecksumFault'],
  dead_loop: ['dead loop', 'warn', 'over', 'NICDeadLoopSustained'],
  device_lost: ['device lost', 'bad', 'lasting', 'NICDeviceLost'],
};

const terms: ReadonlyMap<string, EventTerm> = new Map(
  Object.entries(rows).map(([event, [state, grade, later, runbook]]) => [
    event,
    { state, grade, later, runbook },
  ]),
);

/** Findings from the kernel log that are still relevant. */
export function eventFindings(status: Status): readonly Finding[] {
  const { kernelEvents, previousBootKernelEvents, timestampSeconds: nowSeconds } = status;
  const present = new Set(status.devices.map(({ name }) => name));
  const logged = new Set(kernelEvents.map(({ device, event }) => JSON.stringify([device, event])));
  return [
    ...kernelEvents.flatMap((row) => {
      const term = terms.get(row.event);
      const grade = term && gradeNow(row, { term, nowSeconds, isPresent: present.has(row.device) });
      return term === undefined || grade === undefined
        ? []
        : [finding(row, { ...term, grade, when: 'since boot' })];
    }),
    // A node that was power-cycled to recover it has logged nothing yet.
    ...previousBootKernelEvents.flatMap((row) => {
      const term = terms.get(row.event);
      return term === undefined ||
        logged.has(JSON.stringify([row.device, row.event])) ||
        !isRecent(row, nowSeconds)
        ? []
        : [
            finding(row, {
              ...term,
              state: `${term.state} before boot`,
              runbook: 'NICHungBeforeReboot',
              when: 'in the previous boot',
            }),
          ];
    }),
  ];
}

interface GradeOptions {
  readonly term: EventTerm;
  readonly nowSeconds: number;
  readonly isPresent: boolean;
}

function gradeNow(
  row: EventCountStatus,
  { term, nowSeconds, isPresent }: GradeOptions,
): Finding['grade'] | undefined {
  const { event, count, lastTimestampSeconds } = row;
  if (isRecent(row, nowSeconds) || (event === 'device_lost' && !isPresent)) {
    return term.grade;
  }
  if (lastTimestampSeconds === undefined || term.later === 'lasting') {
    return 'warn';
  }
  const isStorm = count >= stormCount && nowSeconds - lastTimestampSeconds < stormSeconds;
  return term.later === 'storm' && isStorm ? 'warn' : undefined;
}

function isRecent({ lastTimestampSeconds }: EventCountStatus, nowSeconds: number): boolean {
  return lastTimestampSeconds !== undefined && nowSeconds - lastTimestampSeconds <= recentSeconds;
}

function finding(
  { device, driver, event, count, lastTimestampSeconds }: EventCountStatus,
  {
    grade,
    state,
    runbook,
    when,
  }: Pick<EventTerm, 'grade' | 'state' | 'runbook'> & { readonly when: string },
): Finding {
  const ofDriver = device === '' && driver !== '' ? ` of driver ${driver}` : '';
  const times = count === 1 ? 'once' : `${count} times`;
  return {
    grade,
    device,
    state,
    sentence: `The kernel logged ${event}${ofDriver} ${times} ${when}.`,
    timestampSeconds: lastTimestampSeconds,
    runbook,
  };
}
