import { ConfigError } from '../model/errors.ts';
import { countBetween, oneOf, parseBoolean, parseDurationSeconds } from '../config/flag-values.ts';
import { parseTlsConfig } from './tls-config.ts';
import type { TlsConfig } from './tls-config.ts';
import { parseYaml } from '../config/yaml-value.ts';
import type { YamlValue } from '../config/yaml-value.ts';

/** Token bucket of requests: its size, and the seconds per token. */
export interface RateLimit {
  readonly intervalSeconds: number;
  readonly burst: number;
}

/** The content of `--web.config.file`. */
export interface WebConfig {
  /** Undefined is plain HTTP. */
  readonly tls: TlsConfig | undefined;
  /** Sent with every response. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bcrypt hash by user; empty disables authentication. */
  readonly users: ReadonlyMap<string, string>;
  readonly rateLimit: RateLimit | undefined;
}

/** Headers that may be set, with the allowed values; undefined allows any. */
const headerValues: Readonly<Record<string, readonly string[] | undefined>> = {
  'Content-Security-Policy': undefined,
  'Strict-Transport-Security': undefined,
  'X-Content-Type-Options': ['nosniff'],
  'X-Frame-Options': ['deny', 'sameorigin'],
  'X-XSS-Protection': undefined,
};

const bcryptPattern = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
/**
 * A comparison takes about 80 ms of a core at a cost of 10, and twice as long with each step. A password may wait for one other:
 * both take 2.6 s at the maximum cost, 5.1 s at the next, and more than the scrape timeout on a slow or busy core.
 */
const [minCost, maxCost] = [4, 14];
const comparisonSeconds = (cost: number): number => 0.08 * 2 ** (cost - 10);

/**
 * Parses a web configuration file of Prometheus exporters.
 *
 * @param file its path, for messages
 * @throws {ConfigError} naming file, line and field.
 * @see https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md
 */
export function parseWebConfig(text: string, file: string): WebConfig {
  const fields = parseYaml(text, file).fields([
    'tls_server_config',
    'http_server_config',
    'basic_auth_users',
    'rate_limit',
  ]);
  const http = fields.get('http_server_config')?.fields(['http2', 'headers']);
  http?.get('http2')?.parse(parseBoolean);
  return {
    tls: parseTlsConfig(fields.get('tls_server_config')),
    headers: headers(http?.get('headers')),
    users: users(fields.get('basic_auth_users')),
    rateLimit: rateLimit(fields.get('rate_limit')),
  };
}

function headers(value: YamlValue | undefined): WebConfig['headers'] {
  const set = [...(value?.entries() ?? [])].map(([name, header]) => {
    if (!Object.hasOwn(headerValues, name)) {
      header.fail(`expected one of the headers ${Object.keys(headerValues).join(', ')}`);
    }
    const choices = headerValues[name];
    return [
      name,
      header.parse((text) =>
        choices === undefined || text === '' ? parseHeaderValue(text) : oneOf(choices)(text),
      ),
    ] as const;
  });
  return Object.fromEntries(set.filter(([, text]) => text !== ''));
}

function users(value: YamlValue | undefined): WebConfig['users'] {
  return new Map(
    [...(value?.entries() ?? [])].map(([name, hash]) => [name, hash.parse(parseBcryptHash)]),
  );
}

function rateLimit(value: YamlValue | undefined): RateLimit | undefined {
  const fields = value?.fields(['interval', 'burst']);
  const intervalSeconds = fields?.get('interval')?.parse(parseDurationSeconds) ?? 0;
  const burst = fields?.get('burst')?.parse(countBetween(0, 999_999)) ?? 0;
  if (intervalSeconds > 0 && burst === 0) {
    return value?.fail('expected a burst of at least 1: 0 would reject every request');
  }
  return intervalSeconds > 0 ? { intervalSeconds, burst } : undefined;
}

function parseHeaderValue(text: string): string {
  if (!/^[\t -~]*$/.test(text)) {
    throw new ConfigError('expected printable ASCII characters on one line');
  }
  return text;
}

/** The input is a secret, so errors show only its cost. */
function parseBcryptHash(text: string): string {
  const cost = bcryptPattern.exec(text)?.[1];
  const expected = `expected a bcrypt hash of a cost from ${minCost} to ${maxCost}, as "htpasswd -nBC 10 USER" prints`;
  if (cost === undefined) {
    throw new ConfigError(expected);
  }
  if (Number(cost) < minCost) {
    throw new ConfigError(`${expected}, got one of cost ${cost}`);
  }
  if (Number(cost) > maxCost) {
    const seconds = Math.round(comparisonSeconds(Number(cost)));
    throw new ConfigError(
      `${expected}, got one of cost ${cost}, which takes ${seconds} s to compare`,
    );
  }
  return text;
}
