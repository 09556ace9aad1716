import type { TLSSocket } from 'node:tls';

import { parseSubjectAltNames } from '../parsers/subject-alt-names.ts';
import type { TlsConfig } from './tls-config.ts';

/** Returns why a client is rejected after the handshake; undefined when it is accepted. */
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
