import { ParseError } from '../model/errors.ts';
import type { PacketCounters } from '../model/device.ts';
import { linesOf, quote } from './lines.ts';

/** Lines of column titles. */
const headerLines = 2;
/** A line has eight receive and eight transmit counters; packets are the second of each. */
const linePattern = /^ *([^ :][^:]*): *\d+ +(\d{1,20})(?: +\d+){6} +\d+ +(\d{1,20})(?: +\d+){6} *$/;

/**
 * Parses `/proc/net/dev`, whose columns have been the same since Linux 2.2.
 *
 * One real line: `  eth0: 89213071   61845    0    0    0     0          0         0  2391061   27613    0    0    0     0       0          0`
 *
 * @returns packets by device name.
 * @throws {ParseError} when a line is anything else.
 * @see net/core/net-procfs.c (dev_seq_printf_stats)
 */
export function parseProcNetDev(text: string): ReadonlyMap<string, PacketCounters> {
  const counters = new Map<string, PacketCounters>();
  const lines = linesOf(text);
  for (let index = headerLines; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const match = linePattern.exec(line);
    if (match === null) {
      throw new ParseError(index + 1, `expected "name: 16 counters", got ${quote(line)}`);
    }
    counters.set(match[1] ?? '', { rxPackets: Number(match[2]), txPackets: Number(match[3]) });
  }
  return counters;
}
