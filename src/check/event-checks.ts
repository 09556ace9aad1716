import type { Check } from '../model/check-report.ts';
import type { KernelEventName } from '../model/kernel-event.ts';
import type { DeviceStatus, EventCountStatus, Status } from '../model/status.ts';
import { localTime } from './local-time.ts';
import { ok } from './offload-facts.ts';
import { firstLine, previousBootCheck, times } from './previous-boot-check.ts';
import type { Remedy } from './previous-boot-check.ts';
import type { PreviousBoot } from './previous-boot.ts';

/** An event younger than this is current. */
const recentSeconds = 15 * 60;
/** How long past events are reported. */
const pastSeconds = 24 * 60 * 60;
const resetLoopCount = 3;

interface EventCheck {
  readonly id: string;
  readonly events: readonly KernelEventName[];
  /** Min count for a finding. */
  readonly atLeast: number;
  /** Whether it is a finding until the next boot. */
  readonly isLasting: boolean;
  readonly headline: string;
  readonly read: string;
}

const eventChecks: readonly EventCheck[] = [
  {
    id: 'hang-now',
    events: ['unit_hang'],
    atLeast: 1,
    isLasting: false,
    headline: 'The transmitter has hung in this boot.',
    read: 'docs/runbooks/NICHardwareUnitHang.md',
  },
  {
    id: 'tx-timeout',
    events: ['tx_timeout'],
    atLeast: 1,
    isLasting: false,
    headline: 'The kernel waited in vain for the device to send.',
    read: 'docs/runbooks/NICTransmitTimeout.md',
  },
  {
    id: 'reset-loop',
    events: ['adapter_reset'],
    atLeast: resetLoopCount,
    isLasting: false,
    headline: 'The driver resets the device again and again.',
    read: 'docs/runbooks/NICAdapterResetLoop.md',
  },
  {
    id: 'firmware-fault',
    events: ['firmware_fault', 'malicious_driver'],
    atLeast: 1,
    isLasting: true,
    headline: 'The firmware of the device has failed, or blocked a queue.',
    read: 'docs/runbooks/NICFirmwareFault.md',
  },
  {
    id: 'device-lost',
    events: ['device_lost'],
    atLeast: 1,
    isLasting: true,
    headline: 'The device fell off its bus.',
    read: 'docs/runbooks/NICDeviceLost.md',
  },
  {
    id: 'rx-csum-fault',
    events: ['rx_csum_fault'],
    atLeast: 1,
    isLasting: false,
    headline: 'The device called a checksum good that the kernel found wrong.',
    read: 'docs/runbooks/NICReceiveChecksumFault.md',
  },
];

/** Whether the kernel log of this boot (recently) or of the previous boot reports a hang. */
export function hasHung(
  { name }: DeviceStatus,
  { status, previousBoot }: Pick<EventCheckOptions, 'status' | 'previousBoot'>,
): boolean {
  return (
    previousBoot.events.some((row) => row.device === name && row.event === 'unit_hang') ||
    status.kernelEvents.some(
      (row) =>
        row.device === name &&
        row.event === 'unit_hang' &&
        status.timestampSeconds - (row.lastTimestampSeconds ?? 0) < pastSeconds,
    )
  );
}

interface EventCheckOptions {
  readonly status: Status;
  readonly previousBoot: PreviousBoot;
  /** Why the kernel log could not be read. */
  readonly logProblem: string | undefined;
  /** The command that usually prevents a hang; undefined if it is in force or unknown. */
  readonly remedy: Remedy | undefined;
}

/** The kernel-log events of a device, in this boot and in the previous one. */
export function eventChecksOf(
  device: DeviceStatus,
  { status, previousBoot, logProblem, remedy }: EventCheckOptions,
): readonly Check[] {
  if (logProblem !== undefined) {
    return [
      {
        id: 'hang-now',
        result: 'unknown',
        headline: `could not look for hangs: ${logProblem}`,
        evidence: [],
      },
    ];
  }
  return [
    ...eventChecks.map((check) => eventCheck(check, device, { status, remedy })),
    previousBootCheck(device, { status, previousBoot, remedy }),
  ];
}

function eventCheck(
  { id, events, atLeast, isLasting, headline, read }: EventCheck,
  { name, hangActive }: DeviceStatus,
  { status, remedy }: Pick<EventCheckOptions, 'status' | 'remedy'>,
): Check {
  const rows = status.kernelEvents.filter(
    (row) => row.device === name && events.some((event) => event === row.event),
  );
  const count = rows.reduce((sum, row) => sum + row.count, 0);
  const ages = rows.map((row) => status.timestampSeconds - (row.lastTimestampSeconds ?? 0));
  const age = Math.min(Number.POSITIVE_INFINITY, ...ages);
  const isActive = id === 'hang-now' && hangActive === true;
  const isFound = count >= atLeast && (isLasting || age < pastSeconds);
  if (!isActive && !isFound) {
    return ok(id, `no ${id.replace('-', ' ')}`);
  }
  const logged = status.recentKernelEvents.find(
    (event) => event.device === name && events.includes(event.event),
  );
  return {
    id,
    result: isActive || age < recentSeconds ? 'critical' : 'warning',
    headline: isActive ? 'The transmitter hangs now.' : headline,
    evidence: [
      ...(logged === undefined ? [] : [{ text: JSON.stringify(firstLine(logged.text)) }]),
      ...rows.map((row) => ({ text: eventText(row, status.timestampSeconds) })),
      ...(id === 'hang-now' && remedy !== undefined ? [{ text: remedy.evidence }] : []),
    ],
    ...(id === 'hang-now' && remedy !== undefined ? { fix: remedy.fix } : {}),
    read,
  };
}

function eventText(
  { event, count, lastTimestampSeconds }: EventCountStatus,
  nowSeconds: number,
): string {
  const last =
    lastTimestampSeconds === undefined
      ? ''
      : `, last at ${localTime(lastTimestampSeconds, nowSeconds)}`;
  return `${event} ${times(count)} in this boot${last}`;
}
