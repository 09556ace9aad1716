import type { Host } from '../host/host.ts';
import { SourceError } from '../model/errors.ts';
import type { BootEvents, KernelEventCount } from '../model/ledger.ts';
import { attributeRecord, readHostContext } from './attribute.ts';
import type { AttributionHost } from './attribute.ts';
import { classifyRecord } from './classify.ts';
import { createEventCounts, eventKey } from './count.ts';

/** However large a journal is, it is not read for longer. */
const maxReadMilliseconds = 60_000;

/** What is asked of the host to find out what happened in the previous boot. */
export type PreviousBootHost = AttributionHost & Pick<Host, 'previousBootLog'>;

/**
 * Finds out what happened in the previous boot: from the journal, where it reaches back so far, and from what the
 * agent itself wrote down. A node that is power-cycled loses the last of its journal, and may have had no agent.
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
          // Time since boot says nothing of another boot.
          const context = { devices, bootTimestampSeconds: undefined };
          const options = { record, context, countedDevices: counts.devices };
          counts.add(attributeRecord(event, options), devices);
        }
      }
    }
  } catch (error) {
    // No journal, none of that boot, or no right to read it: there is nothing to tell.
    if (!(error instanceof SourceError)) {
      throw error;
    }
  }
  return bootId === undefined ? undefined : { bootId, events: counts.list() };
}

/** For each device and class, the account that has seen more. */
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
