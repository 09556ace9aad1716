import { X509Certificate, createPrivateKey } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { SecureContextOptions, TlsOptions } from 'node:tls';

import { messageOf } from '../model/errors.ts';
import { ciphers, curves, versions } from './tls-config.ts';
import type { TlsConfig } from './tls-config.ts';

/** The PEM texts of a TLS configuration. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  readonly clientCa: string | undefined;
}

const tls13Ciphers = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256';

/**
 * Translates a TLS configuration from Go's names to options of Node.js.
 *
 * @throws {Error} from OpenSSL when certificate, key, CA and ciphers do not fit together.
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
    // The other types also accept certificates that no CA has signed; clientProblem() checks those.
    rejectUnauthorized: config.clientAuthType === 'RequireAndVerifyClientCert',
  };
}

/**
 * Validates one of the files alone, so that the error can name it. OpenSSL takes an empty key for none, and Node.js an empty CA
 * for all public ones.
 *
 * @throws {Error} with the expected content and OpenSSL's reason.
 */
export function checkPem(kind: 'a certificate' | 'an unencrypted private key', text: string): void {
  try {
    void (kind === 'a certificate' ? new X509Certificate(text) : createPrivateKey(text));
  } catch (error) {
    throw new Error(`expected ${kind} in the PEM format (${messageOf(error)})`, { cause: error });
  }
}

/** As in Go, the suites of TLS 1.3 are always offered, whatever the list says. */
function cipherList({ cipherSuites, minVersion }: TlsConfig): string {
  const chosen =
    cipherSuites.length === 0 ? Object.values(ciphers) : cipherSuites.map((name) => ciphers[name]);
  const older = chosen.filter((cipher) => !cipher.startsWith('TLS_'));
  return [
    tls13Ciphers,
    ...older,
    // OpenSSL 3 allows the signatures of these versions only at security level 0.
    ...(minVersion === 'TLS10' || minVersion === 'TLS11' ? ['@SECLEVEL=0'] : []),
  ].join(':');
}
