import { ParseError } from '../model/errors.ts';
import { quote } from './lines.ts';

/**
 * Parses the size of a transmit ring, in descriptors, out of `ethtool -g DEVICE`: the one under "Current hardware
 * settings", not the largest possible one above it.
 *
 * One real line: `TX:		256`
 *
 * @throws {ParseError} when there is none.
 * @see ethtool(8)
 */
export function parseEthtoolTxRingSize(text: string): number {
  const [, current = ''] = text.split(/^Current hardware settings:$/m, 2);
  const size = /^TX:[ \t]+(\d{1,9})$/m.exec(current)?.[1];
  if (size === undefined) {
    throw new ParseError(1, `expected current settings with a "TX" line, got ${quote(text)}`);
  }
  return Number(size);
}
