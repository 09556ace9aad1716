import { ParseError, SourceError } from '../model/errors.ts';
import type { CollectorContext, ReadOutcome } from './collector.ts';

/** What is read: one thing of one device, or of the host. */
type Subject = Omit<ReadOutcome, 'error'>;

/** Reads one thing, and gives undefined where it cannot be had. */
export interface Attempt {
  /** For what may wait: every outcome is reported. */
  <Value>(subject: Subject, read: () => Promise<Value>): Promise<Value | undefined>;
  /** For what is there at once: failures are reported. */
  now<Value>(subject: Subject, read: () => Value): Value | undefined;
}

/**
 * Isolates failures: a failed read is reported and costs its own samples. What is absent or unsupported is no failure;
 * it simply has no samples. Anything but a failed source or a bad text is a mistake in nicwatch and is passed on.
 */
export function createAttempt(report: CollectorContext['report']): Attempt {
  const attempt = async <Value>(
    subject: Subject,
    read: () => Promise<Value>,
  ): Promise<Value | undefined> => {
    try {
      const value = await read();
      report({ ...subject, error: undefined });
      return value;
    } catch (error) {
      report({ ...subject, error: failureOf(error) });
      return undefined;
    }
  };
  const now = <Value>(subject: Subject, read: () => Value): Value | undefined => {
    try {
      return read();
    } catch (error) {
      const failure = failureOf(error);
      if (failure !== undefined) {
        report({ ...subject, error: failure });
      }
      return undefined;
    }
  };
  return Object.assign(attempt, { now });
}

/** Undefined where the source has answered that there is nothing. */
function failureOf(error: unknown): SourceError | ParseError | undefined {
  if (error instanceof SourceError) {
    return error.reason === 'absent' || error.reason === 'unsupported' ? undefined : error;
  }
  if (error instanceof ParseError) {
    return error;
  }
  throw error;
}
