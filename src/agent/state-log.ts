import type { Logger } from 'pino';

import type { Failures } from './poll.ts';
import type { CollectorState } from './snapshot.ts';

/** The result of a poll. */
interface LoggedPoll {
  readonly states: readonly CollectorState[];
  /** Names of the watched devices. */
  readonly devices: readonly string[];
  readonly failures: Failures;
}

/** Logs state changes from one poll to the next. */
export type LogChanges = (poll: LoggedPoll) => void;

interface Failure {
  readonly device: string | undefined;
  readonly fields: Readonly<Record<string, string>>;
  readonly message: string;
}

/** Max names in one line. */
const maxListed = 10;

/**
 * Creates the function that logs each failure and each recovery once, not on every poll and not for every collector
 * affected. A read that was not attempted has not recovered.
 */
export function createStateLog(log: Logger): LogChanges {
  let logged: ReadonlyMap<string, Failure> = new Map();
  return ({ states, devices, failures }) => {
    const failed = new Set<unknown>([...failures.values()].flatMap((reads) => [...reads.values()]));
    // A collector that failed because of a read is logged as that read.
    const failedStates = states.filter(({ error }) => error !== undefined && !failed.has(error));
    const current = new Map([...collectorFailures(failedStates), ...readFailures(failures)]);
    const mayHaveSkippedReads = failedStates.length > 0;
    const added = [...current].flatMap(([key, failure]) => (logged.has(key) ? [] : [failure]));
    for (const { fields, message } of groupedByMessage(added)) {
      log.warn(fields, message);
    }
    for (const [key, failure] of logged) {
      if (current.has(key)) {
        continue;
      }
      if (failure.device !== undefined && mayHaveSkippedReads) {
        current.set(key, failure);
      } else if (failure.device === undefined || devices.includes(failure.device)) {
        log.info(failure.fields, 'recovered');
      }
    }
    logged = current;
  };
}

/** Failures of the collectors that failed, grouped by message. */
function collectorFailures(
  states: readonly CollectorState[],
): readonly (readonly [key: string, failure: Failure])[] {
  const names = new Map<string, string[]>();
  for (const { name, error } of states) {
    const message = messageOf(error);
    names.set(message, [...(names.get(message) ?? []), name]);
  }
  return [...names].map(([message, collectors]) => [
    JSON.stringify(['collector', message]),
    { device: undefined, fields: { collector: collectors.join(',') }, message },
  ]);
}

function readFailures(failures: Failures): readonly (readonly [key: string, failure: Failure])[] {
  return [...failures].flatMap(([device, reads]) =>
    [...reads].map(
      ([read, error]) =>
        [
          JSON.stringify(['read', device, read]),
          {
            device,
            fields: { read, ...(device === undefined ? {} : { device }) },
            message: messageOf(error),
          },
        ] as const,
    ),
  );
}

/** One line for all failures with the same message. */
function groupedByMessage(
  failures: readonly Failure[],
): readonly Pick<Failure, 'fields' | 'message'>[] {
  const messages = new Set(failures.map(({ message }) => message));
  return [...messages].map((message) => {
    const alike = failures.filter((failure) => failure.message === message);
    const fields = ['collector', 'read', 'device'].flatMap((name) => {
      const values = new Set(alike.flatMap((failure) => failure.fields[name] ?? []));
      return values.size === 0 ? [] : [[name, shortList([...values])] as const];
    });
    return { message, fields: Object.fromEntries(fields) };
  });
}

function shortList(values: readonly string[]): string {
  const shown = values.slice(0, maxListed).join(',');
  return values.length > maxListed ? `${shown} and ${values.length - maxListed} more` : shown;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
