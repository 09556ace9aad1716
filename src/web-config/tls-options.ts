import { X509Certificate, createPrivateKey } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { SecureContextOptions, SecureVersion, TlsOptions } from 'node:tls';

import type { CipherSuite, Curve, TlsConfig, TlsVersion } from './tls-config.ts';

/** The PEM texts a TLS configuration names. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  readonly clientCa: string | undefined;
}

const versions: Readonly<Record<TlsVersion, SecureVersion>> = {
  TLS10: 'TLSv1',
  TLS11: 'TLSv1.1',
  TLS12: 'TLSv1.2',
  TLS13: 'TLSv1.3',
};

const curves: Readonly<Record<Curve, string>> = {
  CurveP256: 'P-256',
  CurveP384: 'P-384',
  CurveP521: 'P-521',
  X25519: 'X25519',
};

/** OpenSSL's names, in the order they are preferred by default. */
const ciphers: Readonly<Record<CipherSuite, string>> = {
  TLS_AES_128_GCM_SHA256: 'TLS_AES_128_GCM_SHA256',
  TLS_AES_256_GCM_SHA384: 'TLS_AES_256_GCM_SHA384',
  TLS_CHACHA20_POLY1305_SHA256: 'TLS_CHACHA20_POLY1305_SHA256',
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
};
const ofTls13 = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256';

/**
 * Translates a TLS configuration from Go's words to Node's.
 *
 * @throws {Error} of OpenSSL's when certificate, key, CA and ciphers make no server.
 */
export function createTlsOptions(config: TlsConfig, files: TlsFiles): TlsOptions {
  const context: SecureContextOptions = {
    cert: files.certificate,
    key: files.key,
    minVersion: versions[config.minVersion],
    maxVersion: versions[config.maxVersion],
    ciphers: cipherList(config),
    honorCipherOrder: config.preferServerCipherSuites,
    ...(files.clientCa === undefined ? {} : { ca: files.clientCa }),
    ...(config.curvePreferences.length === 0
      ? {}
      : { ecdhCurve: config.curvePreferences.map((curve) => curves[curve]).join(':') }),
  };
  createSecureContext(context);
  return {
    ...context,
    requestCert: config.clientAuthType !== 'NoClientCert',
    // The other types take, or also take, what no CA vouches for; clientProblem() looks at the rest.
    rejectUnauthorized: config.clientAuthType === 'RequireAndVerifyClientCert',
  };
}

/**
 * Checks one of the files alone, so that a mistake can be named. OpenSSL takes an empty key for none, and Node.js an empty CA
 * for all public ones.
 *
 * @throws {Error} saying what was expected, and why OpenSSL refuses it.
 */
export function checkPem(kind: 'a certificate' | 'an unencrypted private key', text: string): void {
  try {
    void (kind === 'a certificate' ? new X509Certificate(text) : createPrivateKey(text));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`expected ${kind} in the PEM format (${reason})`, { cause: error });
  }
}

/** As in Go, the suites of TLS 1.3 are always offered, whatever the list says. */
function cipherList({ cipherSuites, minVersion }: TlsConfig): string {
  const chosen =
    cipherSuites.length === 0 ? Object.values(ciphers) : cipherSuites.map((name) => ciphers[name]);
  const older = chosen.filter((cipher) => !cipher.startsWith('TLS_'));
  return [
    ofTls13,
    ...older,
    // OpenSSL 3 allows the signatures of these versions at its lowest level only.
    ...(minVersion === 'TLS10' || minVersion === 'TLS11' ? ['@SECLEVEL=0'] : []),
  ].join(':');
}
