import type { Check, Fix } from '../model/check-report.ts';
import type { DeviceStatus, Status } from '../model/status.ts';
import { localTime } from './local-time.ts';
import { ok } from './offload-facts.ts';
import type { PreviousBoot, PreviousEvents } from './previous-boot.ts';

const hangEvents: ReadonlySet<string> = new Set([
  'unit_hang',
  'tx_timeout',
  'adapter_reset',
  'firmware_fault',
  'device_lost',
]);

/** The command that usually prevents a hang and is not in force. */
export interface Remedy {
  readonly evidence: string;
  readonly fix: Fix;
}

interface PreviousBootOptions {
  readonly status: Status;
  readonly previousBoot: PreviousBoot;
  /** Undefined if it is in force or unknown. */
  readonly remedy: Remedy | undefined;
}

/** The events of a device in the kernel log of the previous boot. */
export function previousBootCheck(
  { name }: DeviceStatus,
  { status, previousBoot, remedy }: PreviousBootOptions,
): Check {
  const id = 'hang-previous-boot';
  const events = previousBoot.events.filter(
    (row) => row.device === name && hangEvents.has(row.event),
  );
  const [first] = events.toSorted(
    (one, other) => severity(one) - severity(other) || other.count - one.count,
  );
  if (first === undefined) {
    return previousBoot.problem === undefined
      ? ok(id, 'no hang in the boot before this one')
      : {
          id,
          result: 'unknown',
          headline: `could not look for hangs in the boot before this one: ${previousBoot.problem}`,
          evidence: [],
        };
  }
  const now = status.timestampSeconds;
  const day = dayName(first.lastSeconds, now);
  const end = previousBoot.endSeconds;
  return {
    id,
    result: 'critical',
    headline: `The transmitter hung ${day}${isUntilEnd(first, end) ? ' until the node was restarted' : ''}.${remedy === undefined ? '' : ' What usually prevents it is not in force.'}`,
    evidence: [
      {
        text: `${JSON.stringify(messageOf(first))} ${times(first.count)}, ${timeRange(first, now)} (previous boot)`,
      },
      ...(end === undefined
        ? []
        : [{ text: `the log of that boot ends at ${localTime(end, now)}` }]),
      ...(remedy === undefined ? [] : [{ text: remedy.evidence }]),
    ],
    ...(remedy === undefined ? {} : { fix: remedy.fix }),
    read: 'docs/runbooks/NICHungBeforeReboot.md',
  };
}

/** A time range, with a single date if both are on one day. */
function timeRange({ firstSeconds, lastSeconds }: PreviousEvents, nowSeconds: number): string {
  const from = localTime(firstSeconds, nowSeconds);
  return `${from} to ${localTime(lastSeconds, startOfDay(firstSeconds) === startOfDay(lastSeconds) ? lastSeconds : nowSeconds)}`;
}

function severity({ event }: PreviousEvents): number {
  return ['unit_hang', 'device_lost', 'firmware_fault', 'tx_timeout', 'adapter_reset'].indexOf(
    event,
  );
}

/** Whether it lasted until the end of the log. */
function isUntilEnd({ lastSeconds }: PreviousEvents, endSeconds: number | undefined): boolean {
  return endSeconds !== undefined && endSeconds - lastSeconds < 60;
}

function dayName(seconds: number, nowSeconds: number): string {
  const days = Math.round((startOfDay(nowSeconds) - startOfDay(seconds)) / 86_400_000);
  return days === 0
    ? 'today'
    : days === 1
      ? 'yesterday'
      : `on ${localTime(seconds, nowSeconds).replace(/ \d\d:.*$/, '')}`;
}

function startOfDay(seconds: number): number {
  const date = new Date(seconds * 1000);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** The count in words. */
export function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

/** The first line of a record. */
export function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

/** Without the prefix of driver, bus address and name. */
function messageOf({ text }: PreviousEvents): string {
  return firstLine(text)
    .replace(/^\S+ [\da-f:.]+ \S+: /, '')
    .replace(/:$/, '');
}
