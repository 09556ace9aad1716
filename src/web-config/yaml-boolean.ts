import { ConfigError } from '../model/errors.ts';
import { quote } from '../parsers/lines.ts';

/** Parses a boolean as YAML 1.1 spells it, in which the web configuration is written. @throws {ConfigError} for anything else. */
export function parseBoolean(text: string): boolean {
  if (/^(?:y|yes|true|on)$/i.test(text)) {
    return true;
  }
  if (/^(?:n|no|false|off)$/i.test(text)) {
    return false;
  }
  throw new ConfigError(`expected true or false, got ${quote(text)}`);
}
