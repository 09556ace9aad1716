import { isIP } from 'node:net';

import { ConfigError, messageOf } from '../model/errors.ts';
import { quote } from '../parsers/lines.ts';
import { maxFilterPorts } from '../parsers/tunnel-filter.ts';
import type { ListenAddress } from './config.ts';

const minPollSeconds = 1;
const maxPollSeconds = 3600;

/** The error for an invalid value. */
export function invalidValue(expected: string, text: string): ConfigError {
  return new ConfigError(`expected ${expected}, got ${quote(text)}`);
}

/** Creates the parser of a value that must be one of `choices`. */
export function oneOf<const Choice extends string>(
  choices: readonly Choice[],
): (text: string) => Choice {
  return (text) => {
    const choice = choices.find((candidate) => candidate === text);
    if (choice === undefined) {
      throw invalidValue(choices.join(', '), text);
    }
    return choice;
  };
}

/** Creates the parser of a whole number from `min` to `max`. */
export function countBetween(min: number, max: number): (text: string) => number {
  return (text) => {
    const count = /^\d+$/.test(text) && text.length <= String(max).length ? Number(text) : -1;
    if (count < min || count > max) {
      throw invalidValue(`a number from ${min} to ${max}`, text);
    }
    return count;
  };
}

/** Parses a YAML 1.1 boolean. @throws {ConfigError} */
export function parseBoolean(text: string): boolean {
  const isTrue = /^(?:y|yes|true|on)$/i.test(text);
  if (!isTrue && !/^(?:n|no|false|off)$/i.test(text)) {
    throw invalidValue('true or false', text);
  }
  return isTrue;
}

/** Parses UDP ports separated by commas. @throws {ConfigError} when one is invalid, or there are too many. */
export function parsePorts(text: string): readonly number[] {
  const ports = text.split(',').map((port) => (/^\d{1,5}$/.test(port) ? Number(port) : 0));
  if (ports.length > maxFilterPorts || ports.some((port) => port < 1 || port > 65_535)) {
    throw invalidValue(`at most ${maxFilterPorts} ports separated by commas`, text);
  }
  return ports;
}

/** Parses a duration from 1s to 1h into seconds. @throws {ConfigError} */
export function parsePollInterval(text: string): number {
  const seconds = parseDurationSeconds(text);
  if (seconds < minPollSeconds || seconds > maxPollSeconds) {
    throw invalidValue('a duration from 1s to 1h', text);
  }
  return seconds;
}

/** Validates an absolute path. @throws {ConfigError} when it is relative or contains a null character. */
export function parseAbsolutePath(text: string): string {
  if (!text.startsWith('/') || text.includes('\0')) {
    throw invalidValue('an absolute path', text);
  }
  return text;
}

/** Validates a path. @throws {ConfigError} when it is empty or contains a null character. */
export function parsePath(text: string): string {
  if (text === '' || text.includes('\0')) {
    throw invalidValue('a path', text);
  }
  return text;
}

const unitSeconds: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

/**
 * Parses a duration as Go writes it into seconds: `15s`, `1m30s`, `1.5h`, `500ms`, and `0` without a unit.
 *
 * @throws {ConfigError} when the text is not a duration.
 * @see https://pkg.go.dev/time#ParseDuration
 */
export function parseDurationSeconds(text: string): number {
  if (!/^(?:0|(?:\d{1,9}(?:\.\d{1,9})?(?:ns|us|µs|ms|s|m|h))+)$/.test(text)) {
    throw invalidValue('a duration such as "15s" or "1m30s"', text);
  }
  return [...text.matchAll(/([\d.]+)(\D+)/g)].reduce(
    (sum, [, amount, unit = '']) => sum + Number(amount) * (unitSeconds[unit] ?? 0),
    0,
  );
}

/** Compiles a regular expression that is fully anchored, as in Prometheus. @throws {ConfigError} */
export function parseAnchoredRegExp(text: string): RegExp {
  if (text === '') {
    throw invalidValue('a regular expression', text);
  }
  try {
    // Compiled unanchored first: inside the anchors, unbalanced parentheses could be valid.
    void new RegExp(text, 'u');
    return new RegExp(`^(?:${text})$`, 'u');
  } catch (error) {
    const message = `expected a regular expression, got ${quote(text)} (${messageOf(error)})`;
    throw new ConfigError(message, { cause: error });
  }
}

/** Excludes the segments `.` and `..`, which a client resolves before it sends the request. */
const pathPattern = /^\/(?:(?!\.\.?(?:\/|$))[\w.~-]+(?:\/(?!\.\.?(?:\/|$))[\w.~-]+)*)?$/;
/** The agent's own routes. As in Prometheus, everything under the first is reserved for management endpoints. */
const reserved = ['/-', '/api/v1/status'];

/**
 * Parses the path under which metrics are exposed.
 *
 * @throws {ConfigError} when the text is not a path, or is reserved.
 */
export function parseTelemetryPath(text: string): string {
  if (reserved.some((path) => text === path || text.startsWith(`${path}/`))) {
    throw invalidValue('a path that is not reserved, such as "/metrics"', text);
  }
  if (!pathPattern.test(text)) {
    throw invalidValue('a path such as "/metrics"', text);
  }
  return text;
}

/**
 * Parses a listen address: `:10140`, `127.0.0.1:10140`, `[::1]:10140`, `localhost:10140`.
 *
 * @throws {ConfigError} when host or port is missing or invalid.
 */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([^\]]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text);
  const [, bracketed, plain, digits] = match ?? [];
  const port = Number(digits);
  if (match === null || port > 65_535 || (bracketed !== undefined && isIP(bracketed) !== 6)) {
    throw invalidValue('an address such as ":10140", "127.0.0.1:10140" or "[::1]:10140"', text);
  }
  const host = bracketed ?? plain;
  return { host: host === '' ? undefined : host, port };
}

/** Formats a listen address for the command line. */
export function formatListenAddress({ host = '', port }: ListenAddress): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}
