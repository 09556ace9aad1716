import { describe, expect, test } from 'vitest';

import { parseWebConfig } from './web-config.ts';

const hash = '$2y$10$hZmsP8ND3iQxjtG/S/r9Xedels9vrbKBeljS0mdV0/zltYcCOwSZK';

const everything = `
# Who may scrape.
tls_server_config:
  cert_file: server.pem
  key: |
    -----BEGIN
    -----END
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.pem
  client_allowed_sans: [prometheus.example, 10.0.0.1]
  min_version: TLS11
  max_version: TLS12
  cipher_suites:
    - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
  prefer_server_cipher_suites: no
  curve_preferences: [X25519, CurveP256]
http_server_config:
  http2: false
  headers:
    X-Frame-Options: deny
    X-XSS-Protection: ''
    Strict-Transport-Security: max-age=31536000
basic_auth_users:
  no: ${hash}
  prometheus: "${hash.replace('2y', '2b')}"
rate_limit:
  interval: 200ms
  burst: 20
`;

describe('parseWebConfig()', () => {
  test('accepts every field of the format', () => {
    expect(parseWebConfig(everything, 'web.yml')).toEqual({
      tls: {
        certificate: { path: 'server.pem' },
        key: { text: '-----BEGIN\n-----END\n' },
        clientAuthType: 'RequireAndVerifyClientCert',
        clientCa: { path: 'ca.pem' },
        clientAllowedSans: ['prometheus.example', '10.0.0.1'],
        minVersion: 'TLS11',
        maxVersion: 'TLS12',
        cipherSuites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
        preferServerCipherSuites: false,
        curvePreferences: ['X25519', 'CurveP256'],
      },
      headers: { 'X-Frame-Options': 'deny', 'Strict-Transport-Security': 'max-age=31536000' },
      users: new Map([
        ['no', hash],
        ['prometheus', hash.replace('2y', '2b')],
      ]),
      rateLimit: { intervalSeconds: 0.2, burst: 20 },
    });
  });

  test('has the defaults of the format', () => {
    const { tls } = parseWebConfig('tls_server_config: { cert_file: c, key_file: k }', 'web.yml');
    expect(tls).toMatchObject({
      clientAuthType: 'NoClientCert',
      minVersion: 'TLS12',
      maxVersion: 'TLS13',
      cipherSuites: [],
      preferServerCipherSuites: true,
    });
  });

  test.each([
    ['an empty file', ''],
    ['comments only', '# nothing\n'],
    ['sections left empty', 'tls_server_config:\nbasic_auth_users:\nhttp_server_config: ~\n'],
    ['TLS settings without TLS', 'tls_server_config: { min_version: TLS13 }'],
    ['a rate limit of nothing', 'rate_limit: { interval: 0, burst: 0 }'],
  ])('asks for nothing: %s', (_, text) => {
    expect(parseWebConfig(text, 'web.yml')).toEqual({
      tls: undefined,
      headers: {},
      users: new Map(),
      rateLimit: undefined,
    });
  });

  test('follows an alias', () => {
    const { users } = parseWebConfig(`basic_auth_users: {a: &hash ${hash}, b: *hash}`, 'web.yml');
    expect(users.get('b')).toBe(hash);
  });

  test('prefers a file if both a file and a text are given', () => {
    const { tls } = parseWebConfig(
      'tls_server_config: { cert_file: c, cert: x, key_file: k }',
      'web.yml',
    );
    expect(tls?.certificate).toEqual({ path: 'c' });
  });

  test.each(['04', '14'])('accepts a hash of cost %s', (cost) => {
    const users = `basic_auth_users: { a: ${hash.replace('$10$', `$${cost}$`)} }`;
    expect(parseWebConfig(users, 'web.yml').users.size).toBe(1);
  });

  test.each([
    [
      'a: b\n',
      'web.yml:1: a: unknown field, expected tls_server_config, http_server_config, basic_auth_users, rate_limit',
    ],
    [
      'tls_server_config:\n  cert_file: c\n  key_fil: k\n',
      'web.yml:3: tls_server_config.key_fil: unknown field',
    ],
    ['tls_server_config: [a]', 'web.yml:1: tls_server_config: expected a mapping, got a list'],
    ['- a', 'web.yml:1: expected a mapping, got a list'],
    [
      'tls_server_config:\n  cert_file: c\n',
      'web.yml:1: tls_server_config: expected key_file or key',
    ],
    ['tls_server_config: {client_auth_type: NoClientCert}', 'expected cert_file or cert'],
    ['tls_server_config: {cert_file: [c], key_file: k}', 'expected a text, got a list'],
    ['tls_server_config: {cert_file: "", key_file: k}', 'cert_file: expected a text'],
    [
      'tls_server_config:\n  cert_file: c\n  key_file: k\n  min_version: TLS9\n',
      'web.yml:4: tls_server_config.min_version: expected TLS10, TLS11, TLS12, TLS13, got "TLS9"',
    ],
    [
      'tls_server_config: {cert_file: c, key_file: k, min_version: TLS13, max_version: TLS12}',
      'min_version TLS13 is above max_version TLS12',
    ],
    [
      'tls_server_config:\n  cert_file: c\n  key_file: k\n  cipher_suites:\n    - TLS_RSA_WITH_RC4_128_SHA\n',
      'web.yml:5: tls_server_config.cipher_suites[0]: expected TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
    ],
    ['tls_server_config: {cert_file: c, key_file: k, curve_preferences: [P1]}', 'got "P1"'],
    ['tls_server_config: {cert_file: c, key_file: k, client_auth_type: Maybe}', 'got "Maybe"'],
    [
      'tls_server_config: {cert_file: c, key_file: k, client_ca_file: a}',
      'client_ca_file has no effect without client_auth_type',
    ],
    [
      'tls_server_config: {cert_file: c, key_file: k, client_auth_type: VerifyClientCertIfGiven, client_allowed_sans: [a]}',
      'client_allowed_sans needs the client_auth_type',
    ],
    ['http_server_config: {http2: maybe}', 'http2: expected true or false, got "maybe"'],
    ['http_server_config: {headers: {Server: x}}', 'headers.Server: expected one of the headers'],
    ['http_server_config: {headers: {X-Frame-Options: allow}}', 'expected deny, sameorigin'],
    ['http_server_config: {headers: {X-XSS-Protection: "a\\r\\nb: c"}}', 'printable ASCII'],
    ['basic_auth_users:\n  a: secret\n', 'web.yml:2: basic_auth_users.a: expected a bcrypt hash'],
    [
      `basic_auth_users:\n  prometheus: ${hash.replace('$10$', '$15$')}`,
      'web.yml:2: basic_auth_users.prometheus: expected a bcrypt hash of a cost from 4 to 14, as "htpasswd -nBC 10 USER" prints, got one of cost 15, which takes 3 s to compare',
    ],
    [`basic_auth_users: {a: ${hash.replace('$10$', '$03$')}}`, 'got one of cost 03'],
    [`basic_auth_users: {a: ${hash}, a: ${hash}}`, 'web.yml:1: Map keys must be unique'],
    ['rate_limit: {interval: soon, burst: 1}', 'interval: expected a duration'],
    ['rate_limit: {interval: 1s}', 'rate_limit: expected a burst of at least 1'],
    ['rate_limit: {interval: 1s, burst: -1}', 'burst: expected a number'],
    ['tls_server_config:\n  cert_file: [\n', 'web.yml:3: '],
    ['a: 1\n---\nb: 2\n', 'web.yml:2: Source contains multiple documents'],
    ['? [a]\n: b\n', 'web.yml:1: expected plain names as keys, got a list'],
    ['tls_server_config: *nothing\n', 'tls_server_config: there is no anchor "nothing"'],
  ])('refuses %j', (text, message) => {
    expect(() => parseWebConfig(text, 'web.yml')).toThrow(
      expect.objectContaining({ name: 'ConfigError', message: expect.stringContaining(message) }),
    );
  });

  test('refuses nesting without end', () => {
    expect(() => parseWebConfig('['.repeat(100_000), 'web.yml')).toThrow(
      expect.objectContaining({ name: 'ConfigError' }),
    );
  });

  test('shows no secret in errors', () => {
    expect(() => parseWebConfig('basic_auth_users: {a: hunter2}', 'web.yml')).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('hunter2') }),
    );
  });
});
