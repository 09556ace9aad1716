import { ConfigError } from '../model/errors.ts';
import { quote } from '../parsers/lines.ts';

const secondsOf: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

/**
 * Parses a duration as Go writes it: `1s`, `1.5h`, `1m30s`, and `0` without a unit.
 *
 * @returns seconds
 * @throws {ConfigError} when the text is no duration.
 * @see https://pkg.go.dev/time#ParseDuration
 */
export function parseGoDurationSeconds(text: string): number {
  if (text === '0') {
    return 0;
  }
  if (!/^(?:\d{1,9}(?:\.\d{1,9})?(?:ns|us|µs|ms|s|m|h))+$/.test(text)) {
    throw new ConfigError(`expected a duration such as "1s" or "200ms", got ${quote(text)}`);
  }
  return [...text.matchAll(/([\d.]+)(\D+)/g)].reduce(
    (sum, [, amount, unit = '']) => sum + Number(amount) * (secondsOf[unit] ?? 0),
    0,
  );
}
