import type { Logger } from 'pino';

import type { CollectorState } from './collector-state.ts';

/** Logs what changed from one poll to the next. */
export type LogChanges = (states: readonly CollectorState[]) => void;

/** Makes the function that logs a failure when it begins and when it ends, not with every poll. */
export function createStateLog(log: Logger): LogChanges {
  let failures: ReadonlyMap<string, Failure> = new Map();
  return (states) => {
    const current = new Map(states.flatMap(failuresOf).map((failure) => [failure.key, failure]));
    for (const [key, { fields, message }] of current) {
      if (!failures.has(key)) {
        log.warn(fields, message);
      }
    }
    for (const [key, { fields }] of failures) {
      if (!current.has(key)) {
        log.info(fields, 'recovered');
      }
    }
    failures = current;
  };
}

interface Failure {
  readonly key: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly message: string;
}

function failuresOf({ name: collector, error, outcomes }: CollectorState): readonly Failure[] {
  const whole =
    error === undefined
      ? []
      : [{ key: JSON.stringify([collector]), fields: { collector }, message: messageOf(error) }];
  const reads = outcomes.flatMap(({ device, read, error: cause }) =>
    cause === undefined
      ? []
      : [
          {
            key: JSON.stringify([collector, device, read]),
            fields: { collector, read, ...(device === undefined ? {} : { device }) },
            message: messageOf(cause),
          },
        ],
  );
  return [...whole, ...reads];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
