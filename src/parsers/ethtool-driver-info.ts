import type { DriverInfo } from '../model/device.ts';
import { ParseError } from '../model/errors.ts';
import { numberedLines, quote } from './lines.ts';

/**
 * Parses the output of `ethtool -i DEVICE`. Blank values and `N/A` (bridge) are undefined.
 *
 * One real line: `firmware-version: 2.1-0`
 *
 * @throws {ParseError} for a line without `: `, or without a `driver` line.
 * @see ethtool(8)
 */
export function parseEthtoolDriverInfo(text: string): DriverInfo {
  const fields = new Map<string, string>();
  for (const [number, line] of numberedLines(text)) {
    const separator = line.indexOf(':');
    if (separator < 1) {
      throw new ParseError(number, `expected "name: value", got ${quote(line)}`);
    }
    fields.set(line.slice(0, separator), line.slice(separator + 1).trim());
  }
  if (!fields.has('driver')) {
    throw new ParseError(1, `expected a "driver" line, got ${quote(text)}`);
  }
  const field = (name: string): string | undefined => {
    const value = fields.get(name);
    return value === '' || value === 'N/A' ? undefined : value;
  };
  return {
    driver: field('driver'),
    version: field('version'),
    firmwareVersion: field('firmware-version'),
    busAddress: field('bus-info'),
  };
}
