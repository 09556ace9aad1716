import { ConfigError } from '../model/errors.ts';
import { quote } from '../parsers/lines.ts';
import { maxFilterPorts } from '../parsers/tunnel-filter.ts';
import { parseDurationSeconds } from './duration.ts';

const shortestPollSeconds = 1;
const longestPollSeconds = 3600;
const maxSampleCount = 1000;

/** Parses a number of things. @throws {ConfigError} when it is none, or above 999999. */
export function parseCount(text: string): number {
  if (!/^\d{1,6}$/.test(text)) {
    throw new ConfigError(`expected a number from 0 to 999999, got ${quote(text)}`);
  }
  return Number(text);
}

/** Parses a number of samples or sources. @throws {ConfigError} when it is none from 1 to 1000. */
export function parseSampleCount(text: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > maxSampleCount) {
    throw new ConfigError(`expected a number from 1 to ${maxSampleCount}, got ${quote(text)}`);
  }
  return count;
}

/** Parses UDP ports separated by commas. @throws {ConfigError} when one is none, or there are too many. */
export function parsePorts(text: string): readonly number[] {
  const ports = text.split(',').map((port) => (/^\d{1,5}$/.test(port) ? Number(port) : 0));
  if (ports.length > maxFilterPorts || ports.some((port) => port < 1 || port > 65_535)) {
    throw new ConfigError(
      `expected at most ${maxFilterPorts} ports separated by commas, got ${quote(text)}`,
    );
  }
  return ports;
}

/** Parses a duration into seconds. @throws {ConfigError} when it is none from 1s to 1h. */
export function parsePollInterval(text: string): number {
  const seconds = parseDurationSeconds(text);
  if (seconds < shortestPollSeconds || seconds > longestPollSeconds) {
    throw new ConfigError(`expected a duration from 1s to 1h, got ${JSON.stringify(text)}`);
  }
  return seconds;
}

/** Passes an absolute path. @throws {ConfigError} when it is relative, or holds a null character. */
export function parseAbsolutePath(text: string): string {
  if (!text.startsWith('/') || text.includes('\0')) {
    throw new ConfigError(`expected an absolute path, got ${JSON.stringify(text)}`);
  }
  return text;
}

/** Passes a path. @throws {ConfigError} when it is empty, or holds a null character. */
export function parsePath(text: string): string {
  if (text === '' || text.includes('\0')) {
    throw new ConfigError(`expected a path, got ${JSON.stringify(text)}`);
  }
  return text;
}
