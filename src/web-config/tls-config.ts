import { ConfigError } from '../model/errors.ts';
import { invalidValue, oneOf, parseBoolean } from '../config/flag-values.ts';
import type { YamlValue } from '../config/yaml-value.ts';

/** Versions, curves and cipher suites by their names in Go, with their names in OpenSSL. */
export const versions = {
  TLS10: 'TLSv1',
  TLS11: 'TLSv1.1',
  TLS12: 'TLSv1.2',
  TLS13: 'TLSv1.3',
} as const;

export const curves = {
  CurveP256: 'P-256',
  CurveP384: 'P-384',
  CurveP521: 'P-521',
  X25519: 'X25519',
} as const;

/** The suites of TLS 1.0 to 1.3 that Go offers, in the default order of preference. */
export const ciphers = {
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_AES_128_GCM_SHA256: 'TLS_AES_128_GCM_SHA256',
  TLS_AES_256_GCM_SHA384: 'TLS_AES_256_GCM_SHA384',
  TLS_CHACHA20_POLY1305_SHA256: 'TLS_CHACHA20_POLY1305_SHA256',
} as const;

type TlsVersion = keyof typeof versions;

const clientAuthTypes = [
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
] as const;
type ClientAuthType = (typeof clientAuthTypes)[number];

/** PEM text, or the path of a PEM file relative to the configuration file. */
export type PemSource = { readonly path: string } | { readonly text: string };

export interface TlsConfig {
  readonly certificate: PemSource;
  readonly key: PemSource;
  readonly clientAuthType: ClientAuthType;
  readonly clientCa: PemSource | undefined;
  /** A client's certificate must have one of these names; undefined accepts any. */
  readonly clientAllowedSans: readonly string[] | undefined;
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** Names as in Go and IANA; empty is the default. Those of TLS 1.3 cannot be configured. */
  readonly cipherSuites: readonly (keyof typeof ciphers)[];
  readonly preferServerCipherSuites: boolean;
  /** Empty is the default. */
  readonly curvePreferences: readonly (keyof typeof curves)[];
}

/**
 * Parses `tls_server_config`; undefined if it does not configure TLS.
 *
 * @throws {ConfigError} naming file, line and field.
 */
export function parseTlsConfig(value: YamlValue | undefined): TlsConfig | undefined {
  const fields = value?.fields([
    'cert',
    'key',
    'client_ca',
    'cert_file',
    'key_file',
    'client_auth_type',
    'client_ca_file',
    'client_allowed_sans',
    'min_version',
    'max_version',
    'cipher_suites',
    'prefer_server_cipher_suites',
    'curve_preferences',
  ]);
  if (value === undefined || fields === undefined) {
    return undefined;
  }
  const pem = (name: 'cert' | 'key' | 'client_ca'): PemSource | undefined => {
    const path = fields.get(`${name}_file`)?.parse(parseText);
    const text = fields.get(name)?.parse(parseText);
    return path === undefined ? (text === undefined ? undefined : { text }) : { path };
  };
  const list = <Item>(
    name: 'client_allowed_sans' | 'cipher_suites' | 'curve_preferences',
    parse: (text: string) => Item,
  ): readonly Item[] | undefined =>
    fields
      .get(name)
      ?.items()
      .map((item) => item.parse(parse));
  const version = (name: 'min_version' | 'max_version', fallback: TlsVersion): TlsVersion =>
    fields.get(name)?.parse(oneKeyOf(versions)) ?? fallback;

  const [certificate, key, clientCa] = [pem('cert'), pem('key'), pem('client_ca')];
  const clientAuthType = fields.get('client_auth_type')?.parse(parseClientAuthType);
  const shared = {
    clientAuthType: clientAuthType ?? 'NoClientCert',
    clientCa,
    clientAllowedSans: list('client_allowed_sans', parseText),
    minVersion: version('min_version', 'TLS12'),
    maxVersion: version('max_version', 'TLS13'),
    cipherSuites: list('cipher_suites', oneKeyOf(ciphers)) ?? [],
    preferServerCipherSuites:
      fields.get('prefer_server_cipher_suites')?.parse(parseBoolean) ?? true,
    curvePreferences: list('curve_preferences', oneKeyOf(curves)) ?? [],
  };
  if ([certificate, key, clientCa, clientAuthType].every((field) => field === undefined)) {
    return undefined;
  }
  if (certificate === undefined || key === undefined) {
    return value.fail(
      `expected ${certificate === undefined ? 'cert_file or cert' : 'key_file or key'}`,
    );
  }
  if (shared.minVersion > shared.maxVersion) {
    return value.fail(`min_version ${shared.minVersion} is above max_version ${shared.maxVersion}`);
  }
  if (clientCa !== undefined && shared.clientAuthType === 'NoClientCert') {
    return value.fail('client_ca_file has no effect without client_auth_type');
  }
  if (
    shared.clientAllowedSans !== undefined &&
    shared.clientAuthType !== 'RequireAnyClientCert' &&
    shared.clientAuthType !== 'RequireAndVerifyClientCert'
  ) {
    return value.fail(
      'client_allowed_sans needs the client_auth_type RequireAnyClientCert or RequireAndVerifyClientCert',
    );
  }
  return { certificate, key, ...shared };
}

function parseClientAuthType(text: string): ClientAuthType {
  return text === 'RequireClientCert' ? 'RequireAnyClientCert' : oneOf(clientAuthTypes)(text);
}

function parseText(text: string): string {
  if (text === '') {
    throw new ConfigError('expected a text, got an empty one');
  }
  return text;
}

function oneKeyOf<Key extends string>(table: Readonly<Record<Key, string>>): (text: string) => Key {
  const isKey = (text: string): text is Key => Object.hasOwn(table, text);
  return (text) => {
    if (!isKey(text)) {
      throw invalidValue(Object.keys(table).join(', '), text);
    }
    return text;
  };
}
