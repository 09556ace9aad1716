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

/**
 * Makes the function that logs a failure when it begins and when it ends: not with every poll, not once for each
 * collector that runs into it, and not as ended when only nobody has looked.
 */
export function createStateLog(log: Logger): LogChanges {
  let logged: ReadonlyMap<string, Failure> = new Map();
  return ({ states, devices, failures }) => {
    const current = new Map([...collectorFailures(states), ...readFailures(failures)]);
    const isLookingAway = states.some(({ error }) => error !== undefined);
    for (const [key, { fields, message }] of current) {
      if (!logged.has(key)) {
        log.warn(fields, message);
      }
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
