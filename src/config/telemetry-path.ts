import { ConfigError } from '../model/errors.ts';

/**
 * Parses the path metrics are served under. Segments that a client would resolve before it asks, and those of the
 * agent's own routes, are no place for them.
 *
 * @throws {ConfigError} when the text is no such path.
 */
export function parseTelemetryPath(text: string): string {
  if (
    text === '/api/v1/status' ||
    !/^\/(?:(?!-\/|-$|\.\.?(?:\/|$))[\w.~-]+(?:\/(?!\.\.?(?:\/|$))[\w.~-]+)*)?$/.test(text)
  ) {
    throw new ConfigError(`expected a path such as "/metrics", got ${JSON.stringify(text)}`);
  }
  return text;
}
