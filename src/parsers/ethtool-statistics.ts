import { ParseError } from '../model/errors.ts';
import type { Statistic } from '../model/device.ts';
import { numberedLines, quote } from './lines.ts';

/** Indentation printed by `ethtool`. Further spaces belong to the name (vmxnet3). */
const indent = '     ';
const maxValue = 2n ** 64n - 1n;

/**
 * Parses the output of `ethtool -S DEVICE` into a list in the driver's order. Names may repeat, and may contain spaces, colons,
 * brackets and even line breaks: the value follows the last `: `.
 *
 * One real line: `     rx_csum_offload_errors: 10`
 *
 * @throws {ParseError} when the heading is missing or a statistic is not `name: unsigned 64-bit value`.
 * @see ethtool(8)
 */
export function parseEthtoolStatistics(text: string): readonly Statistic[] {
  const [heading, ...lines] = numberedLines(text);
  if (heading?.[1] !== 'NIC statistics:') {
    throw new ParseError(1, `expected "NIC statistics:", got ${quote(heading?.[1] ?? '')}`);
  }
  const statistics: Statistic[] = [];
  let unfinished = '';
  for (const [number, line] of lines) {
    if (unfinished === '' && !line.startsWith(indent)) {
      throw new ParseError(number, `expected "${indent}name: value", got ${quote(line)}`);
    }
    const entry = unfinished + line;
    const match = /: (\d{1,20})$/.exec(line);
    if (match?.[1] === undefined) {
      unfinished = `${entry}\n`;
      continue;
    }
    const value = BigInt(match[1]);
    if (value > maxValue) {
      throw new ParseError(number, `expected an unsigned 64-bit value, got ${quote(match[1])}`);
    }
    statistics.push({ name: entry.slice(indent.length, -match[0].length), value });
    unfinished = '';
  }
  if (unfinished !== '') {
    throw new ParseError(lines.length + 1, `expected "name: value", got ${quote(unfinished)}`);
  }
  return statistics;
}
