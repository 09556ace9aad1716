import { isIP } from 'node:net';

import { ConfigError } from '../model/errors.ts';
import type { ListenAddress } from './config.ts';

/**
 * Parses a listen address: `:10140`, `127.0.0.1:10140`, `[::1]:10140`, `localhost:10140`.
 *
 * @throws {ConfigError} when host or port is missing or impossible.
 */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([^\]]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text);
  const [, bracketed, plain, digits] = match ?? [];
  const port = Number(digits);
  if (match === null || port > 65_535 || (bracketed !== undefined && isIP(bracketed) !== 6)) {
    throw new ConfigError(
      `expected an address such as ":10140", "127.0.0.1:10140" or "[::1]:10140", got ${JSON.stringify(text)}`,
    );
  }
  const host = bracketed ?? plain;
  return { host: host === '' ? undefined : host, port };
}

/** Writes a listen address as the command line takes it. */
export function formatListenAddress({ host = '', port }: ListenAddress): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}
