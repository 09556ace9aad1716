import { ParseError } from '../model/errors.ts';
import { linesOf, quote } from './lines.ts';
import { parseInteger } from './number.ts';

/**
 * Parses one column of `/proc/net/snmp` and `/proc/net/netstat`: for each protocol a line of names, then a line of values.
 * Columns differ between kernels and are found by name. Of some 200 columns only the requested one is converted.
 *
 * One real pair: `UdpLite: InDatagrams NoPorts InErrors` / `UdpLite: 0 0 0`
 *
 * @returns the value of each protocol that has the column: `counters.get('Udp')`
 * @throws {ParseError} when a pair does not match or a value of the column is not an integer.
 * @see net/ipv4/proc.c
 */
export function parseProcNetSnmp(text: string, column: string): ReadonlyMap<string, number> {
  const counters = new Map<string, number>();
  const lines = linesOf(text);
  for (let index = 0; index < lines.length; index += 2) {
    const header = lines[index] ?? '';
    const line = lines[index + 1] ?? '';
    const names = header.split(' ');
    const values = line.split(' ');
    const protocol = names[0] ?? '';
    if (!/^\w+:$/.test(protocol)) {
      throw new ParseError(index + 1, `expected "Protocol: names", got ${quote(header)}`);
    }
    if (values[0] !== protocol || values.length !== names.length) {
      throw new ParseError(
        index + 2,
        `expected ${names.length - 1} values of ${quote(protocol)}, got ${quote(line)}`,
      );
    }
    const position = names.indexOf(column);
    if (position > 0) {
      counters.set(protocol.slice(0, -1), parseInteger(values[position] ?? '', index + 2));
    }
  }
  return counters;
}

/**
 * Parses the counters of `/proc/net/snmp6` whose names end in `suffix`: one `NameCounter  value` per line.
 *
 * One real line: `Udp6InCsumErrors                	0`
 *
 * @throws {ParseError} when a line with such a name is not a name and an integer.
 * @see net/ipv6/proc.c
 */
export function parseProcNetSnmp6(text: string, suffix: string): ReadonlyMap<string, number> {
  const counters = new Map<string, number>();
  linesOf(text).forEach((line, index) => {
    if (line.includes(suffix)) {
      const [name = '', value, ...rest] = line.trim().split(/\s+/);
      if (value === undefined || rest.length > 0) {
        throw new ParseError(index + 1, `expected "name value", got ${quote(line)}`);
      }
      if (name.endsWith(suffix)) {
        counters.set(name, parseInteger(value, index + 1));
      }
    }
  });
  return counters;
}
