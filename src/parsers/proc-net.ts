import { ParseError } from '../model/errors.ts';
import { numberedLines, quote } from './lines.ts';
import { parseInteger } from './number.ts';

/** Counters by protocol and name: `counters.get('Udp')?.get('InCsumErrors')`. */
export type ProtocolCounters = ReadonlyMap<string, ReadonlyMap<string, number>>;

/**
 * Parses `/proc/net/snmp` and `/proc/net/netstat`: for each protocol a line of names, then a line of values. Columns
 * differ between kernels and are found by name.
 *
 * One real pair: `UdpLite: InDatagrams NoPorts InErrors` / `UdpLite: 0 0 0`
 *
 * @throws {ParseError} when a pair does not match or a value is no integer.
 * @see net/ipv4/proc.c
 */
export function parseProcNetSnmp(text: string): ProtocolCounters {
  const counters = new Map<string, ReadonlyMap<string, number>>();
  const lines = numberedLines(text);
  for (let index = 0; index < lines.length; index += 2) {
    const [number, header = ''] = lines[index] ?? [index + 1];
    const [protocol, ...names] = header.split(' ');
    const [valuesProtocol, ...values] = (lines[index + 1]?.[1] ?? '').split(' ');
    if (protocol === undefined || !/^\w+:$/.test(protocol)) {
      throw new ParseError(number, `expected "Protocol: names", got ${quote(header)}`);
    }
    if (valuesProtocol !== protocol || values.length !== names.length) {
      throw new ParseError(
        number + 1,
        `expected ${names.length} values of ${quote(protocol)}, got ${quote(lines[index + 1]?.[1] ?? '')}`,
      );
    }
    counters.set(
      protocol.slice(0, -1),
      new Map(names.map((name, column) => [name, integerAt(number + 1, values[column] ?? '')])),
    );
  }
  return counters;
}

/**
 * Parses `/proc/net/snmp6`: one `NameCounter  value` a line.
 *
 * One real line: `Udp6InCsumErrors                	0`
 *
 * @throws {ParseError} when a line is no name and integer.
 * @see net/ipv6/proc.c
 */
export function parseProcNetSnmp6(text: string): ReadonlyMap<string, number> {
  return new Map(
    numberedLines(text).map(([number, line]) => {
      const [name, value, ...rest] = line.trim().split(/\s+/);
      if (name === undefined || name === '' || value === undefined || rest.length > 0) {
        throw new ParseError(number, `expected "name value", got ${quote(line)}`);
      }
      return [name, integerAt(number, value)];
    }),
  );
}

function integerAt(line: number, text: string): number {
  try {
    return parseInteger(text);
  } catch (error) {
    throw new ParseError(line, `expected an integer, got ${quote(text)}`, { cause: error });
  }
}
