import type { Host } from '../host/host.ts';
import { SourceError } from '../model/errors.ts';
import type { BootEvents, KernelEventCount } from '../model/ledger.ts';
import { classifyRecord } from './classify.ts';
import { nameEvent, readSurroundings } from './name-event.ts';
import { createTally, eventKey } from './tally.ts';

/** However large a journal is, it is not read for longer. */
const longestReadMilliseconds = 60_000;

/**
 * Finds out what happened in the boot before this one: from the journal, where it reaches back so far, and from what the
 * agent itself wrote down. A node that is power-cycled loses the last of its journal, and may have had no agent.
 */
export async function readPreviousBootEvents(
  host: Host,
  known: BootEvents | undefined,
  signal: AbortSignal,
): Promise<BootEvents | undefined> {
  const journal = await readJournalOfPreviousBoot(
    host,
    AbortSignal.any([signal, AbortSignal.timeout(longestReadMilliseconds)]),
  );
  if (journal === undefined) {
    return known;
  }
  return known?.bootId === journal.bootId
    ? { bootId: journal.bootId, events: mostOf(journal.events, known.events) }
    : journal;
}

async function readJournalOfPreviousBoot(
  host: Host,
  signal: AbortSignal,
): Promise<BootEvents | undefined> {
  const tally = createTally();
  let bootId: string | undefined;
  try {
    for await (const records of host.previousBootLog(signal)) {
      for (const record of records) {
        bootId ??= record.bootId;
        const event = classifyRecord(record);
        if (event !== undefined) {
          const surroundings = await readSurroundings(host);
          // Time since boot says nothing of another boot.
          const named = nameEvent(event, record, {
            ...surroundings,
            bootTimestampSeconds: undefined,
          });
          tally.add(named, surroundings.devices);
        }
      }
    }
  } catch (error) {
    // No journal, none of that boot, or no right to read it: there is nothing to tell.
    if (!(error instanceof SourceError)) {
      throw error;
    }
  }
  return bootId === undefined ? undefined : { bootId, events: tally.events() };
}

/** For each device and class, the account that has seen more. */
function mostOf(
  one: readonly KernelEventCount[],
  other: readonly KernelEventCount[],
): readonly KernelEventCount[] {
  const most = new Map<string, KernelEventCount>();
  for (const count of [...one, ...other]) {
    const key = eventKey(count);
    const before = most.get(key);
    if (before === undefined || count.count > before.count) {
      most.set(key, count);
    }
  }
  return [...most.values()];
}
