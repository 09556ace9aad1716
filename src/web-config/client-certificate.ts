import { SocketAddress, isIPv6 } from 'node:net';
import type { TLSSocket } from 'node:tls';

import type { TlsConfig } from './tls-config.ts';

/** Says why a client may not go on after the handshake; undefined when it may. */
export function clientProblem(
  socket: TLSSocket,
  { clientAuthType, clientAllowedSans }: Pick<TlsConfig, 'clientAuthType' | 'clientAllowedSans'>,
): string | undefined {
  const certificate =
    clientAuthType === 'NoClientCert' ? undefined : socket.getPeerX509Certificate();
  switch (clientAuthType) {
    case 'NoClientCert':
    case 'RequestClientCert':
      return undefined;
    case 'VerifyClientCertIfGiven':
      return certificate === undefined || socket.authorized
        ? undefined
        : 'its certificate is not valid';
    case 'RequireAndVerifyClientCert':
    case 'RequireAnyClientCert':
      if (certificate === undefined) {
        return 'it has no certificate';
      }
      if (clientAuthType === 'RequireAndVerifyClientCert' && !socket.authorized) {
        return 'its certificate is not valid';
      }
      return clientAllowedSans === undefined ||
        parseSubjectAltNames(certificate.subjectAltName ?? '').some((name) =>
          clientAllowedSans.includes(name),
        )
        ? undefined
        : 'its certificate has none of the allowed names';
  }
}

const sanPattern = /(DNS|IP Address|URI|email):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)|[^,]*(?:, |$)/gy;

/**
 * Parses the subject alternative names of a certificate as Node writes them: DNS names, addresses, URIs and e-mail
 * addresses,
 * others are left out. A name that holds a comma or a quote is written as JSON, so that it cannot pass for two.
 *
 * One real line: `DNS:a.example, IP Address:2001:DB8:0:0:0:0:0:1, email:a@b.example, URI:spiffe://x/y`
 *
 * @see https://nodejs.org/api/crypto.html#x509subjectaltname
 */
export function parseSubjectAltNames(text: string): readonly string[] {
  return [...text.matchAll(sanPattern)].flatMap(([, kind, written]) => {
    if (kind === undefined || written === undefined) {
      return [];
    }
    const name = written.startsWith('"') ? String(JSON.parse(written)) : written;
    return kind === 'IP Address' && isIPv6(name)
      ? new SocketAddress({ address: name, family: 'ipv6' }).address
      : name;
  });
}
