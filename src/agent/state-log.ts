import type { Logger } from 'pino';

import type { CollectorState } from './collector-state.ts';

/** Logs what changed from one poll to the next. */
export type LogChanges = (states: readonly CollectorState[]) => void;

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
  let failures: ReadonlyMap<string, Failure> = new Map();
  return (states) => {
    const current = new Map([...collectorFailures(states), ...readFailures(states)]);
    const isLookingAway = states.some(({ error }) => error !== undefined);
    const seenDevices = new Set(
      states.flatMap(({ outcomes }) => outcomes.map(({ device }) => device)),
    );
    for (const [key, { fields, message }] of current) {
      if (!failures.has(key)) {
        log.warn(fields, message);
      }
    }
    for (const [key, failure] of failures) {
      if (current.has(key)) {
        continue;
      }
      if (failure.device !== undefined && isLookingAway) {
        current.set(key, failure);
      } else if (failure.device === undefined || seenDevices.has(failure.device)) {
        log.info(failure.fields, 'recovered');
      }
    }
    failures = current;
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

/** Failed reads, each once whichever collectors made it. */
function readFailures(
  states: readonly CollectorState[],
): readonly (readonly [key: string, failure: Failure])[] {
  return states.flatMap(({ outcomes }) =>
    outcomes.flatMap(({ device, read, error }) =>
      error === undefined
        ? []
        : [
            [
              JSON.stringify(['read', device, read]),
              {
                device,
                fields: { read, ...(device === undefined ? {} : { device }) },
                message: messageOf(error),
              },
            ] as const,
          ],
    ),
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
