import { ConfigError } from '../model/errors.ts';
import { quote } from '../parsers/lines.ts';

/** Segments that a client would resolve before it asks are none of a path. */
const pathPattern = /^\/(?:(?!\.\.?(?:\/|$))[\w.~-]+(?:\/(?!\.\.?(?:\/|$))[\w.~-]+)*)?$/;
/** The agent's own routes; all below the first, as in Prometheus, is kept for what else it may answer. */
const reserved = ['/-', '/api/v1/status'];

/**
 * Parses the path metrics are served under.
 *
 * @throws {ConfigError} when the text is no path, or one of the agent's own.
 */
export function parseTelemetryPath(text: string): string {
  if (reserved.some((path) => text === path || text.startsWith(`${path}/`))) {
    throw new ConfigError(
      `expected a path that is not reserved, such as "/metrics", got ${quote(text)}`,
    );
  }
  if (!pathPattern.test(text)) {
    throw new ConfigError(`expected a path such as "/metrics", got ${quote(text)}`);
  }
  return text;
}
