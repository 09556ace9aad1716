import { ConfigError } from '../model/errors.ts';

const durationPattern = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/**
 * Parses a duration as Prometheus writes it: `15s`, `1m30s`, `500ms`.
 *
 * @returns seconds
 * @throws {ConfigError} when the text is no duration.
 * @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/
 */
export function parseDurationSeconds(text: string): number {
  const match = durationPattern.exec(text);
  if (text === '' || match === null) {
    throw new ConfigError(
      `expected a duration such as "15s" or "1m30s", got ${JSON.stringify(text)}`,
    );
  }
  const [hours, minutes, seconds, milliseconds] = match
    .slice(1)
    .map((digits) => Number(digits ?? 0));
  return (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0) + (milliseconds ?? 0) / 1000;
}
