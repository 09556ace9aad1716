import type { Poll, ReadOutcome, ReadSubject, WatchedDevice } from '../collectors/collector.ts';
import { ParseError, SourceError } from '../model/errors.ts';

/** The failed reads of a poll by device, undefined for the host; deduplicated across collectors. */
export type Failures = ReadonlyMap<string | undefined, ReadonlyMap<ReadName, ReadError>>;

type ReadName = ReadSubject['read'];
type ReadError = SourceError | ParseError;

/** A poll and its failed reads. */
export interface RecordedPoll extends Poll {
  /** The watched devices; empty if they cannot be listed. */
  readonly watched: readonly WatchedDevice[];
  readonly failures: Failures;
  /** The poll for one collector. */
  forCollector(): CollectorPoll;
}

/** A poll as a collector sees it, and whether the collector could read anything. */
interface CollectorPoll {
  readonly poll: Poll;
  /** Why the collector read nothing: as it reported, or the first error if every read failed. A timeout is no reason. */
  problem(): ReadError | undefined;
}

export interface PollOptions {
  /** @throws {SourceError} when they cannot be listed. */
  readonly listDevices: () => readonly WatchedDevice[];
  readonly nowSeconds: number;
  readonly readFile: Poll['readFile'];
}

/** Creates the poll context passed to collectors. */
export function createPoll({ listDevices, nowSeconds, readFile }: PollOptions): RecordedPoll {
  const failures = new Map<string | undefined, Map<ReadName, ReadError>>();
  const listed = listOrError(listDevices);

  const report = ({ device, read, error }: ReadOutcome): void => {
    if (error !== undefined) {
      const known = failures.get(device?.name) ?? new Map<ReadName, ReadError>();
      failures.set(device?.name, known.set(read, known.get(read) ?? error));
    }
  };

  const listedDevices = (): readonly WatchedDevice[] => {
    if (listed instanceof SourceError) {
      throw listed;
    }
    return listed;
  };

  const forCollector = (): CollectorPoll => {
    let problem: ReadError | undefined;
    let hasAnswer = false;
    let firstFailure: ReadError | undefined;

    /** Records a failed attempt; without a failure, that there is nothing to read. */
    const record = (subject: ReadSubject, failure: ReadOutcome['error']): undefined => {
      hasAnswer ||= failure === undefined;
      firstFailure ??= failure;
      report({ ...subject, error: failure });
    };

    const attempt: Poll['attempt'] = (subject, read) => {
      try {
        const value = read();
        hasAnswer = true;
        return value;
      } catch (error) {
        return record(subject, failureOf(error));
      }
    };

    const poll: Poll = {
      get devices() {
        return listedDevices();
      },
      nowSeconds,
      readFile,
      attempt,
      attemptLater: async (subject, read) => {
        try {
          const value = await read();
          hasAnswer = true;
          return value;
        } catch (error) {
          return record(subject, failureOf(error));
        }
      },
      driverInfo: (device) =>
        attempt({ device, read: 'driver_info' }, device.driverInfo) ?? device.lastDriverInfo(),
      report,
      fail: (error) => {
        problem = error;
      },
    };
    return {
      poll,
      problem: () => problem ?? (hasAnswer || isLate(firstFailure) ? undefined : firstFailure),
    };
  };

  const { attempt, attemptLater, driverInfo, fail } = forCollector().poll;
  return {
    get devices() {
      return listedDevices();
    },
    nowSeconds,
    readFile,
    attempt,
    attemptLater,
    driverInfo,
    report,
    fail,
    watched: listed instanceof SourceError ? [] : listed,
    failures,
    forCollector,
  };
}

function isLate(error: ReadError | undefined): boolean {
  return error instanceof SourceError && error.reason === 'timeout';
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

/** Undefined for absent and unsupported, which are answers. */
function failureOf(error: unknown): ReadOutcome['error'] {
  if (error instanceof SourceError) {
    return error.reason === 'absent' || error.reason === 'unsupported' ? undefined : error;
  }
  if (error instanceof ParseError) {
    return error;
  }
  throw error;
}
