import { ParseError } from '../model/errors.ts';
import { quote } from './lines.ts';

/**
 * Parses the size of the transmit ring, in descriptors, from `ethtool -g DEVICE`: that of "Current hardware settings", not of
 * "Pre-set maximums".
 *
 * One real line: `TX:		256`
 *
 * @throws {ParseError} when it is missing.
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
