import { ParseError } from '../model/errors.ts';
import { quote } from './lines.ts';

/**
 * Parses a file that holds one decimal integer, such as a sysfs attribute.
 *
 * One real line: `1000`
 *
 * @throws {ParseError} when the text is anything else.
 */
export function parseInteger(text: string): number {
  if (!/^\s*-?\d{1,20}\s*$/.test(text)) {
    throw new ParseError(1, `expected an integer, got ${quote(text)}`);
  }
  return Number(text);
}
