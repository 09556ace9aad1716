/** Why a source on the host returned no value. `absent` and `unsupported` are answers, the others are failures. */
export type SourceErrorReason = 'absent' | 'unsupported' | 'denied' | 'timeout' | 'failed';

/** A flag or a configuration file is invalid. The message names the input; the process exits before it listens. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** A file, device or command of the host returned no value. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly reason: SourceErrorReason;

  constructor(reason: SourceErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Text from the host did not have the expected form. `line` counts from 1. */
export class ParseError extends Error {
  override readonly name = 'ParseError';
  readonly line: number;

  constructor(line: number, message: string, options?: ErrorOptions) {
    super(`line ${line}: ${message}`, options);
    this.line = line;
  }
}

/**
 * Narrows a caught error to a SourceError, with one of the reasons if any are given. Any other error is thrown again: it is
 * a mistake in nicwatch, or not expected here.
 */
export function assertSourceError(
  error: unknown,
  ...reasons: readonly SourceErrorReason[]
): asserts error is SourceError {
  if (!(error instanceof SourceError) || (reasons.length > 0 && !reasons.includes(error.reason))) {
    throw error;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
