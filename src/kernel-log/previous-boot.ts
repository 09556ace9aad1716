import type { Host } from '../host/host.ts';
import { SourceError } from '../model/errors.ts';
import type { BootEvents, KernelEventCount } from '../model/ledger.ts';
import { attributeRecord, readHostContext } from './attribute.ts';
import type { AttributionHost } from './attribute.ts';
import { classifyRecord } from './classify.ts';
import { createEventCounts, eventKey } from './count.ts';

/** Timeout of reading the journal. */
const maxReadMilliseconds = 60_000;

/** The host as reading the previous boot needs it. */
export type PreviousBootHost = AttributionHost & Pick<Host, 'previousBootLog'>;

/**
 * Counts the events of the previous boot, from the journal and from the agent's own ledger: a power-cycled node loses
 * the end of its journal, and may not have run the agent.
 */
export async function readPreviousBootEvents(
  host: PreviousBootHost,
  known: BootEvents | undefined,
  signal: AbortSignal,
): Promise<BootEvents | undefined> {
  const journal = await readJournalOfPreviousBoot(
    host,
    AbortSignal.any([signal, AbortSignal.timeout(maxReadMilliseconds)]),
  );
  if (journal === undefined) {
    return known;
  }
  return known?.bootId === journal.bootId
    ? { bootId: journal.bootId, events: greaterOf(journal.events, known.events) }
    : journal;
}

async function readJournalOfPreviousBoot(
  host: PreviousBootHost,
  signal: AbortSignal,
): Promise<BootEvents | undefined> {
  const counts = createEventCounts();
  let bootId: string | undefined;
  try {
    for await (const records of host.previousBootLog(signal)) {
      for (const record of records) {
        bootId ??= record.bootId;
        const event = classifyRecord(record);
        if (event !== undefined) {
          const { devices } = await readHostContext(host);
          // The boot time is that of this boot.
          const context = { devices, bootTimestampSeconds: undefined };
          const options = { record, context, countedDevices: counts.devices };
          counts.add(attributeRecord(event, options), devices);
        }
      }
    }
  } catch (error) {
    // No journal, none of that boot, or no permission to read it.
    if (!(error instanceof SourceError)) {
      throw error;
    }
  }
  return bootId === undefined ? undefined : { bootId, events: counts.list() };
}

/** The greater count of each series. */
function greaterOf(
  one: readonly KernelEventCount[],
  other: readonly KernelEventCount[],
): readonly KernelEventCount[] {
  const greater = new Map<string, KernelEventCount>();
  for (const count of [...one, ...other]) {
    const key = eventKey(count);
    const previous = greater.get(key);
    if (previous === undefined || count.count > previous.count) {
      greater.set(key, count);
    }
  }
  return [...greater.values()];
}
