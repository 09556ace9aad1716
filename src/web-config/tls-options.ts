import { X509Certificate, createPrivateKey } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { SecureContextOptions, TlsOptions } from 'node:tls';

import { ciphers, curves, versions } from './tls-config.ts';
import type { TlsConfig } from './tls-config.ts';

/** The PEM texts a TLS configuration names. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  readonly clientCa: string | undefined;
}

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
