import { coreEventWords, kernelEventRows } from '../catalogue/kernel-events.ts';
import type { KernelEventRow } from '../catalogue/kernel-events.ts';
import type { KernelEventName } from '../model/kernel-event.ts';
import type { KernelRecord } from '../model/kernel-record.ts';
import { parseKernelMessage } from '../parsers/kernel-message.ts';
import type { KernelMessage } from '../parsers/kernel-message.ts';

/** The event a kernel-log record reports, and the names in the record. */
export interface KernelEvent {
  readonly event: KernelEventName;
  readonly device: string | undefined;
  readonly driver: string | undefined;
  readonly busAddress: string | undefined;
}

const coreRows = kernelEventRows.filter(({ drivers }) => drivers === undefined);
const rowsByDriver = new Map(
  kernelEventRows
    .flatMap(({ drivers = [] }) => drivers)
    .map((driver) => [driver, kernelEventRows.filter((row) => row.drivers?.includes(driver))]),
);

/**
 * Classifies a record; undefined if it reports no event. Only records of the kernel itself count: any process may write
 * to the log, but none with facility 0.
 */
export function classifyRecord(record: KernelRecord): KernelEvent | undefined {
  if (record.facility !== 0 || !isWorthReading(record.text)) {
    return undefined;
  }
  for (const reading of parseKernelMessage(record)) {
    const event = classifyReading(reading);
    if (event !== undefined) {
      return event;
    }
  }
  return undefined;
}

/** A cheap check that skips most records: a driver's text begins with its name. */
function isWorthReading(text: string): boolean {
  const [driver = ''] = /^[^\s:]*/.exec(text) ?? [];
  return rowsByDriver.has(driver) || coreEventWords.test(text);
}

function classifyReading({
  message,
  device,
  driver,
  busAddress,
}: KernelMessage): KernelEvent | undefined {
  for (const row of candidateRows(driver)) {
    const match = row.pattern.exec(message);
    if (match !== null) {
      return {
        event: row.event,
        device: match.groups?.['device'] ?? device,
        ...originOf({ driver: match.groups?.['driver'] ?? driver, busAddress }),
      };
    }
  }
  return undefined;
}

/** Some records of vmxnet3 begin with `net` and the interface instead of the driver and its bus address. */
function originOf(origin: Pick<KernelEvent, 'driver' | 'busAddress'>): typeof origin {
  return origin.driver === 'net' ? { driver: 'vmxnet3', busAddress: undefined } : origin;
}

function candidateRows(driver: string | undefined): readonly KernelEventRow[] {
  const driverRows = driver === undefined ? undefined : rowsByDriver.get(driver);
  return driverRows === undefined ? coreRows : [...driverRows, ...coreRows];
}
