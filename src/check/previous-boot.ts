import { attributeRecord, readHostContext } from '../kernel-log/attribute.ts';
import { classifyRecord } from '../kernel-log/classify.ts';
import type { Host } from '../host/host.ts';
import { SourceError } from '../model/errors.ts';
import type { KernelEventName } from '../model/kernel-event.ts';

/** Events of one class of one device in the previous boot. */
export interface PreviousEvents {
  readonly device: string;
  readonly event: KernelEventName;
  readonly count: number;
  readonly firstSeconds: number;
  readonly lastSeconds: number;
  readonly text: string;
}

/** Events in the kernel log of the previous boot. */
export interface PreviousBoot {
  readonly events: readonly PreviousEvents[];
  readonly endSeconds: number | undefined;
  /** Why it could not be read completely. */
  readonly problem: string | undefined;
}

/** Reads the kernel log of the previous boot until the signal is aborted. */
export async function readPreviousBoot(
  host: Pick<Host, 'devices' | 'previousBootLog' | 'readFile'>,
  signal: AbortSignal,
): Promise<PreviousBoot> {
  const events = new Map<string, PreviousEvents>();
  let endSeconds: number | undefined;
  try {
    const { devices } = await readHostContext(host);
    const context = { devices, bootTimestampSeconds: undefined };
    for await (const records of host.previousBootLog(signal)) {
      for (const record of records) {
        const seconds = (record.realtimeMicroseconds ?? 0) / 1e6;
        endSeconds = Math.max(endSeconds ?? 0, seconds);
        const event = classifyRecord(record);
        if (event !== undefined) {
          const { device, event: name } = attributeRecord(event, {
            record,
            context,
            countedDevices: new Set(),
          });
          const key = `${name} ${device}`;
          const previous = events.get(key);
          events.set(key, {
            device,
            event: name,
            count: (previous?.count ?? 0) + 1,
            firstSeconds: previous?.firstSeconds ?? seconds,
            lastSeconds: seconds,
            text: previous?.text ?? record.text,
          });
        }
      }
    }
  } catch (error) {
    if (!(error instanceof SourceError)) {
      throw error;
    }
    // A journal that begins with this boot is not a problem.
    const isMissing =
      error.reason === 'absent' || /No such boot|not available/i.test(error.message);
    return {
      events: [...events.values()],
      endSeconds,
      problem: isMissing ? undefined : error.message,
    };
  }
  const problem = signal.aborted ? 'the journal is too long to be read in time' : undefined;
  return { events: [...events.values()], endSeconds, problem };
}
