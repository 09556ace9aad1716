import type { Poll, ReadOutcome, ReadSubject, WatchedDevice } from '../collectors/collector.ts';
import { ParseError, SourceError } from '../model/errors.ts';

/** The reads that failed in a poll, by the device, undefined for the host: each once, however many ran into it. */
export type Failures = ReadonlyMap<string | undefined, ReadonlyMap<ReadName, ReadError>>;

type ReadName = ReadSubject['read'];
type ReadError = SourceError | ParseError;

/** A poll, and what became of its reads. */
export interface RecordedPoll extends Poll {
  /** Its devices; none where they cannot be listed. */
  readonly watched: readonly WatchedDevice[];
  readonly failures: Failures;
}

export interface PollOptions {
  /** @throws {SourceError} when they cannot be listed. */
  readonly listDevices: () => readonly WatchedDevice[];
  readonly nowSeconds: number;
  readonly readFile: Poll['readFile'];
}

/** Makes the poll context that collectors get. */
export function createPoll({ listDevices, nowSeconds, readFile }: PollOptions): RecordedPoll {
  const failures = new Map<string | undefined, Map<ReadName, ReadError>>();
  const listed = listOrError(listDevices);

  const report = ({ device, read, error }: ReadOutcome): void => {
    if (error !== undefined) {
      const known = failures.get(device?.name) ?? new Map<ReadName, ReadError>();
      failures.set(device?.name, known.set(read, known.get(read) ?? error));
    }
  };

  const attempt: Poll['attempt'] = (subject, read) => {
    try {
      return read();
    } catch (error) {
      report({ ...subject, error: failureOf(error) });
      return undefined;
    }
  };

  return {
    get devices() {
      if (listed instanceof SourceError) {
        throw listed;
      }
      return listed;
    },
    nowSeconds,
    readFile,
    attempt,
    attemptLater: async (subject, read) => {
      try {
        return await read();
      } catch (error) {
        report({ ...subject, error: failureOf(error) });
        return undefined;
      }
    },
    driverInfo: (device) =>
      attempt({ device, read: 'driver_info' }, device.driverInfo) ?? device.lastDriverInfo(),
    report,
    watched: listed instanceof SourceError ? [] : listed,
    failures,
  };
}

function listOrError(list: PollOptions['listDevices']): readonly WatchedDevice[] | SourceError {
  try {
    return list();
  } catch (error) {
    if (error instanceof SourceError) {
      return error;
    }
    throw error;
  }
}

/** Undefined where the source has answered that there is nothing. */
function failureOf(error: unknown): ReadOutcome['error'] {
  if (error instanceof SourceError) {
    return error.reason === 'absent' || error.reason === 'unsupported' ? undefined : error;
  }
  if (error instanceof ParseError) {
    return error;
  }
  throw error;
}
