import { ParseError } from '../model/errors.ts';
import { quote } from './lines.ts';

/**
 * Parses a decimal integer, such as a sysfs attribute.
 *
 * One real line: `1000`
 *
 * @param line its number in the file, for the error
 * @throws {ParseError} when the text is anything else.
 */
export function parseInteger(text: string, line = 1): number {
  if (!/^\s*-?\d{1,20}\s*$/.test(text)) {
    throw new ParseError(line, `expected an integer, got ${quote(text)}`);
  }
  return Number(text);
}

/** Printed by ethtool as "Unknown!": 0, and -1, which older drivers report as an unsigned value of 16 or 32 bits. */
const unknownSpeeds: ReadonlySet<number> = new Set([0, 65_535, 4_294_967_295]);

/**
 * Parses the sysfs attribute `speed`, which is in Mbit/s. Unknown is undefined.
 *
 * One real line: `1000`
 *
 * @returns bytes per second
 * @throws {ParseError} when the text is not an integer.
 * @see Documentation/ABI/testing/sysfs-class-net
 */
export function parseLinkSpeed(text: string): number | undefined {
  const megabits = parseInteger(text);
  return megabits < 0 || unknownSpeeds.has(megabits) ? undefined : megabits * 125_000;
}

/**
 * Parses the boot time from `/proc/stat`.
 *
 * One real line: `btime 1763610012`
 *
 * @returns seconds since the epoch
 * @throws {ParseError} when there is no `btime` line.
 * @see proc_stat(5)
 */
export function parseBootTimestampSeconds(text: string): number {
  const match = /^btime (\d{1,15})$/m.exec(text);
  if (match?.[1] === undefined) {
    throw new ParseError(1, `expected a "btime" line, got ${quote(text)}`);
  }
  return Number(match[1]);
}
