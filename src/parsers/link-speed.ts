import { parseInteger } from './number.ts';

/**
 * ethtool prints these as "Unknown!": no speed at all, and -1, which older drivers show through 16 or 32 unsigned bits.
 */
const unknownSpeeds: ReadonlySet<number> = new Set([0, 65_535, 4_294_967_295]);

/**
 * Parses the sysfs attribute `speed`, which is in Mbit/s. Unknown is undefined.
 *
 * One real line: `1000`
 *
 * @returns bits per second
 * @throws {ParseError} when the text is no integer.
 * @see Documentation/ABI/testing/sysfs-class-net
 */
export function parseLinkSpeed(text: string): number | undefined {
  const megabits = parseInteger(text);
  return megabits < 0 || unknownSpeeds.has(megabits) ? undefined : megabits * 1_000_000;
}
