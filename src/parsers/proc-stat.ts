import { ParseError } from '../model/errors.ts';
import { quote } from './lines.ts';

/**
 * Parses the boot time out of `/proc/stat`.
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
