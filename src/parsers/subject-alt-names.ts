import { SocketAddress, isIPv6 } from 'node:net';

const sanPattern = /(DNS|IP Address|URI|email):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)|[^,]*(?:, |$)/gy;

/**
 * Parses the subject alternative names of a certificate as formatted by Node.js: DNS names, addresses, URIs and e-mail
 * addresses; others are omitted. A name with a comma or a quote is a JSON string, so that it cannot pass for two names; a text
 * with an invalid JSON string has no names.
 *
 * One real line: `DNS:a.example, IP Address:2001:DB8:0:0:0:0:0:1, email:a@b.example, URI:spiffe://x/y`
 *
 * @see https://nodejs.org/api/crypto.html#x509subjectaltname
 */
export function parseSubjectAltNames(text: string): readonly string[] {
  try {
    return [...text.matchAll(sanPattern)].flatMap(([, kind, written]) => {
      if (kind === undefined || written === undefined) {
        return [];
      }
      const name = written.startsWith('"') ? String(JSON.parse(written)) : written;
      return kind === 'IP Address' && isIPv6(name)
        ? new SocketAddress({ address: name, family: 'ipv6' }).address
        : name;
    });
  } catch (error) {
    if (error instanceof SyntaxError) {
      return [];
    }
    throw error;
  }
}
