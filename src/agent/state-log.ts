import type { Logger } from 'pino';

import type { Failures } from './poll.ts';
import type { CollectorState } from './snapshot.ts';

/** What a poll has come to. */
interface LoggedPoll {
  readonly states: readonly CollectorState[];
  /** Names of the devices that were looked at. */
  readonly devices: readonly string[];
  readonly failures: Failures;
}

/** Logs what changed from one poll to the next. */
export type LogChanges = (poll: LoggedPoll) => void;

interface Failure {
  readonly device: string | undefined;
  readonly fields: Readonly<Record<string, string>>;
  readonly message: string;
}

/** So many devices are named in one line. */
const maxListed = 10;

/**
 * Makes the function that logs a failure when it begins and when it ends: not with every poll, not once for each
 * collector that runs into it, and not as ended when only nobody has looked.
 */
export function createStateLog(log: Logger): LogChanges {
  let logged: ReadonlyMap<string, Failure> = new Map();
  return ({ states, devices, failures }) => {
    const failed = new Set<unknown>([...failures.values()].flatMap((reads) => [...reads.values()]));
    // A collector that has failed for want of one read is logged as that.
    const whole = states.filter(({ error }) => error !== undefined && !failed.has(error));
    const current = new Map([...collectorFailures(whole), ...readFailures(failures)]);
    const isLookingAway = whole.length > 0;
    const begun = [...current].flatMap(([key, failure]) => (logged.has(key) ? [] : [failure]));
    for (const { fields, message } of joined(begun)) {
      log.warn(fields, message);
    }
    for (const [key, failure] of logged) {
      if (current.has(key)) {
        continue;
      }
      if (failure.device !== undefined && isLookingAway) {
        current.set(key, failure);
      } else if (failure.device === undefined || devices.includes(failure.device)) {
        log.info(failure.fields, 'recovered');
      }
    }
    logged = current;
  };
}

/** Failures of whole collectors, those with the same cause together. */
function collectorFailures(
  states: readonly CollectorState[],
): readonly (readonly [key: string, failure: Failure])[] {
  const names = new Map<string, string[]>();
  for (const { name, error } of states) {
    if (error !== undefined) {
      const message = messageOf(error);
      names.set(message, [...(names.get(message) ?? []), name]);
    }
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

/** What has begun for one reason at several devices is one line. */
function joined(failures: readonly Failure[]): readonly Pick<Failure, 'fields' | 'message'>[] {
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
