import { ParseError, SourceError } from '../model/errors.ts';
import type { CollectorContext, ReadOutcome } from './collector.ts';

/** Reads one thing of one device, or of the host, and gives undefined where it cannot be had. */
export type Attempt = <Value>(
  subject: Omit<ReadOutcome, 'error'>,
  read: () => Promise<Value>,
) => Promise<Value | undefined>;

/**
 * Isolates failures: a failed read is reported and costs its own samples. What is absent or unsupported is no failure;
 * it simply has no samples. Anything but a failed source or a bad text is a mistake in nicwatch and is passed on.
 */
export function createAttempt(report: CollectorContext['report']): Attempt {
  return async (subject, read) => {
    try {
      const value = await read();
      report({ ...subject, error: undefined });
      return value;
    } catch (error) {
      if (error instanceof SourceError && isAnswer(error)) {
        report({ ...subject, error: undefined });
        return undefined;
      }
      if (error instanceof SourceError || error instanceof ParseError) {
        report({ ...subject, error });
        return undefined;
      }
      throw error;
    }
  };
}

function isAnswer({ reason }: SourceError): boolean {
  return reason === 'absent' || reason === 'unsupported';
}
