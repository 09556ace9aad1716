import { parseInteger } from './number.ts';

/** How kernels spell an unknown speed: -1 since 3.x, and -1 seen through 16 or 32 unsigned bits by older drivers. */
const unknownSpeeds: ReadonlySet<number> = new Set([-1, 65_535, 4_294_967_295]);

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
  return unknownSpeeds.has(megabits) ? undefined : megabits * 1_000_000;
}
