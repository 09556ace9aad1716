import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';

import { hashSync } from 'bcryptjs';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { freePort, runAgent, spawnAgent, startAgent } from '../support/agent-process.ts';
import type { AgentProcess } from '../support/agent-process.ts';
import { createCertificates } from '../support/certificates.ts';
import type { Certificates } from '../support/certificates.ts';
import { createNamespace } from '../support/netns.ts';
import { startPrometheus } from '../support/prometheus-process.ts';
import { commandProblem, namespaceProblem, skipNote } from '../support/requirements.ts';

const problem = commandProblem('openssl', 'curl');

const server = 'cert_file: server.pem, key_file: server.key';
const verified = `${server}, client_ca_file: ca.pem, client_auth_type: RequireAndVerifyClientCert`;
const anyCertificate = `${server}, client_auth_type: RequireAnyClientCert`;

/** How curl names a client's certificate. */
function as(name: string | undefined): readonly string[] {
  return name === undefined ? [] : ['--cert', `${name}.pem`, '--key', `${name}.key`];
}

describe.skipIf(problem !== undefined)(`TLS${skipNote(problem)}`, () => {
  let certificates: Certificates;
  let agent: AgentProcess;
  let port: number;

  const served = async (): Promise<string> =>
    (
      await execa('openssl', ['s_client', '-connect', `localhost:${port}`], {
        input: '',
        reject: false,
      })
    ).stdout;

  /** From the next connection on; nothing is restarted. */
  const configure = (tls: string, rest = ''): void => {
    writeFileSync(certificates.path('web.yml'), `tls_server_config: { ${tls} }\n${rest}`);
  };

  /** The status curl gets, or how it failed. */
  const ask = async (...options: readonly string[]): Promise<string> => {
    const { stdout, exitCode } = await execa(
      'curl',
      [
        '--silent',
        '--cacert',
        'ca.pem',
        '--output',
        '/dev/null',
        '--write-out',
        '%{http_code}',
        ...options,
        `https://localhost:${port}/-/healthy`,
      ],
      { cwd: certificates.directory, reject: false },
    );
    return exitCode === 0 ? stdout : 'refused';
  };

  /** What openssl says of a handshake: `TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256`, or that there was none. */
  const shake = async (...options: readonly string[]): Promise<string> => {
    const { stdout } = await execa(
      'openssl',
      ['s_client', '-connect', `localhost:${port}`, '-CAfile', 'ca.pem', '-brief', ...options],
      { cwd: certificates.directory, reject: false, input: '', all: true },
    ).then(({ all }) => ({ stdout: all }));
    const version = /^Protocol version: (\S+)$/m.exec(stdout)?.[1];
    const cipher = /^Ciphersuite: (\S+)$/m.exec(stdout)?.[1];
    return version === undefined ? 'refused' : `${version} ${cipher}`;
  };

  beforeAll(async () => {
    certificates = createCertificates();
    certificates.issue('client', 'DNS:prometheus.example,IP:2001:db8::7,URI:spiffe://example/prom');
    certificates.issue('stranger', 'DNS:stranger.example');
    certificates.issue('foreign', 'DNS:prometheus.example', { ca: 'foreign-ca' });
    certificates.issue('expired', 'DNS:prometheus.example', { days: -1 });
    certificates.issue('second-server', 'DNS:localhost');
    configure(server);
    port = await freePort();
    agent = await startAgent({
      flags: [
        `--web.config.file=${certificates.path('web.yml')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      isAnswering: async () => (await ask()) === '200',
    });
  });

  afterAll(async () => {
    await agent.stop();
    certificates.delete();
  });

  describe('requests client certificates', () => {
    const [yes, no] = ['200', 'refused'];
    test.each([
      // Without certificate, with a good one, another name, another authority, an expired one.
      { tls: server, answers: [yes, yes, yes, yes, yes] },
      { tls: `${server}, client_auth_type: NoClientCert`, answers: [yes, yes, yes, yes, yes] },
      { tls: `${server}, client_auth_type: RequestClientCert`, answers: [yes, yes, yes, yes, yes] },
      { tls: anyCertificate, answers: [no, yes, yes, yes, yes] },
      { tls: `${server}, client_auth_type: RequireClientCert`, answers: [no, yes, yes, yes, yes] },
      {
        tls: `${server}, client_ca_file: ca.pem, client_auth_type: VerifyClientCertIfGiven`,
        answers: [yes, yes, yes, no, no],
      },
      { tls: verified, answers: [no, yes, yes, no, no] },
      {
        tls: `${verified}, client_allowed_sans: [prometheus.example]`,
        answers: [no, yes, no, no, no],
      },
      { tls: `${verified}, client_allowed_sans: ['2001:db8::7']`, answers: [no, yes, no, no, no] },
      {
        tls: `${verified}, client_allowed_sans: ['spiffe://example/prom', stranger.example]`,
        answers: [no, yes, yes, no, no],
      },
      { tls: `${verified}, client_allowed_sans: []`, answers: [no, no, no, no, no] },
      {
        tls: `${anyCertificate}, client_allowed_sans: [prometheus.example]`,
        answers: [no, yes, no, yes, yes],
      },
    ])('$tls', async ({ tls, answers }) => {
      configure(tls);
      const clients = [undefined, 'client', 'stranger', 'foreign', 'expired'];
      for (const version of ['1.2', '1.3']) {
        const got = await Promise.all(
          clients.map(async (client) =>
            ask(`--tlsv${version}`, '--tls-max', version, ...as(client)),
          ),
        );
        expect(got, `TLS ${version}`).toEqual(answers);
      }
    });

    test('also of a client that resumes its session', async () => {
      configure(anyCertificate);
      const session = certificates.path('session');
      expect(await shake('-tls1_2', '-sess_out', session)).toBe('refused');
      expect(
        await shake('-tls1_2', '-sess_out', session, '-cert', 'client.pem', '-key', 'client.key'),
      ).toMatch(/^TLSv1\.2 /);
      configure(verified);
      expect(await shake('-tls1_2', '-sess_in', session)).toBe('refused');
    });
  });

  test.each([
    { tls: server, answers: ['refused', 'refused', 'TLSv1.2', 'TLSv1.3'] },
    { tls: `${server}, min_version: TLS13`, answers: ['refused', 'refused', 'refused', 'TLSv1.3'] },
    { tls: `${server}, max_version: TLS12`, answers: ['refused', 'refused', 'TLSv1.2', 'refused'] },
    { tls: `${server}, min_version: TLS11`, answers: ['refused', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] },
    { tls: `${server}, min_version: TLS10`, answers: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] },
  ])('speaks the versions of $tls', async ({ tls, answers }) => {
    configure(tls);
    const got = await Promise.all(
      ['-tls1', '-tls1_1', '-tls1_2', '-tls1_3'].map(async (version) =>
        shake(version, '-cipher', 'ALL:@SECLEVEL=0'),
      ),
    );
    expect(got.map((answer) => answer.split(' ')[0])).toEqual(answers);
  });

  test.each([
    ['', 'AES256-GCM-SHA384', 'refused'],
    ['', 'ECDHE-ECDSA-CHACHA20-POLY1305', 'TLSv1.2 ECDHE-ECDSA-CHACHA20-POLY1305'],
    [
      ', cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]',
      'ECDHE-ECDSA-AES256-GCM-SHA384',
      'TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384',
    ],
    [
      ', cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]',
      'ECDHE-ECDSA-AES128-GCM-SHA256',
      'refused',
    ],
    [
      ', cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]',
      'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384',
      'TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384',
    ],
    [
      ', prefer_server_cipher_suites: false, cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]',
      'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384',
      'TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256',
    ],
  ])('with "%s" answers a client that offers %s: %s', async (options, offered, agreed) => {
    configure(`${server}${options}`);
    expect(await shake('-tls1_2', '-cipher', offered)).toBe(agreed);
  });

  test('offers TLS 1.3 with any list of suites, and the configured curves', async () => {
    configure(
      `${server}, cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256], curve_preferences: [CurveP384]`,
    );
    expect(await shake('-tls1_3', '-groups', 'P-384')).toMatch(/^TLSv1\.3 /);
    expect(await shake('-tls1_3', '-groups', 'X25519')).toBe('refused');
  });

  test('reloads a new certificate, and keeps the previous one while the new one is invalid', async () => {
    configure('cert_file: changing.pem, key_file: changing.key');
    const install = (name: string): void => {
      for (const kind of ['pem', 'key']) {
        writeFileSync(certificates.path(`changing.${kind}`), certificates.read(`${name}.${kind}`));
      }
    };
    install('server');
    expect(await served()).toContain('subject=CN = server\n');
    install('second-server');
    expect(await served()).toContain('subject=CN = second-server\n');

    const complaints = (): number =>
      agent.stderr().split('cannot reload the web configuration, keeping the previous one').length -
      1;
    const before = complaints();
    writeFileSync(certificates.path('changing.pem'), 'no certificate\n');
    for (let connection = 0; connection < 3; connection += 1) {
      expect(await served()).toContain('subject=CN = second-server\n');
    }
    await expect.poll(complaints, { timeout: 10_000 }).toBe(before + 1);
    expect(agent.stderr()).toContain('PEM');
    expect(await metric('nicwatch_config_last_reload_successful')).toBe('0');
    install('server');
    expect(await served()).toContain('subject=CN = server\n');
    expect(await metric('nicwatch_config_last_reload_successful')).toBe('1');
  });

  test('does not drop TLS when the file is emptied', async () => {
    configure(server);
    expect(await ask()).toBe('200');
    writeFileSync(certificates.path('web.yml'), '');
    expect(await ask()).toBe('200');
    await expect
      .poll(() => agent.stderr(), { timeout: 10_000 })
      .toContain('TLS cannot be turned on or off without a restart');
  });

  test(
    'does not wait for a client that is slow with its handshake or its headers',
    { timeout: 30_000 },
    async () => {
      configure(server);
      const slow = execa('openssl', ['s_client', '-connect', `localhost:${port}`, '-quiet'], {
        reject: false,
        cwd: certificates.directory,
      });
      slow.stdin.write('GET / HTTP/1.1\r\nhost: x\r\n');
      const drip = setInterval(() => slow.stdin.write('x: y\r\n'), 500);
      const mute = connect(port, '127.0.0.1').resume();
      const [{ stdout }] = await Promise.all([slow, once(mute, 'close')]);
      clearInterval(drip);
      expect(stdout).toMatch(/^HTTP\/1\.1 408 /);
    },
  );

  async function metric(name: string): Promise<string | undefined> {
    const { stdout } = await execa(
      'curl',
      ['--silent', '--cacert', 'ca.pem', `https://localhost:${port}/metrics`],
      { cwd: certificates.directory },
    );
    return new RegExp(`^${name} (.*)$`, 'm').exec(stdout)?.[1];
  }
});

const prometheusProblem = namespaceProblem('openssl', 'prometheus');

describe.skipIf(prometheusProblem !== undefined)(`Prometheus${skipNote(prometheusProblem)}`, () => {
  test('scrapes with a client certificate and a password', { timeout: 30_000 }, async () => {
    const certificates = createCertificates();
    certificates.issue('client', 'DNS:prometheus.example');
    writeFileSync(
      certificates.path('web.yml'),
      `tls_server_config: { ${verified}, client_allowed_sans: [prometheus.example] }
basic_auth_users: { prometheus: ${hashSync('secret', 10)} }
`,
    );
    const namespace = await createNamespace();
    const agent = await spawnAgent({
      namespace,
      flags: [`--web.config.file=${certificates.path('web.yml')}`],
    });
    const prometheus = await startPrometheus({
      namespace,
      configuration: `global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs:
  - job_name: nicwatch
    static_configs: [{ targets: ['${new URL(agent.url).host}'] }]
    scheme: https
    tls_config:
      ca_file: ${certificates.path('ca.pem')}
      cert_file: ${certificates.path('client.pem')}
      key_file: ${certificates.path('client.key')}
    basic_auth: { username: prometheus, password: secret }
`,
    });
    try {
      await expect
        .poll(async () => prometheus.query('sum_over_time(up[1h]) >= 3'), { timeout: 20_000 })
        .toHaveLength(1);
    } finally {
      await prometheus.stop();
      await agent.stop();
      await namespace.delete();
      certificates.delete();
    }
  });
});

describe.skipIf(problem !== undefined)(`--config.check${skipNote(problem)}`, () => {
  let certificates: Certificates;

  beforeAll(() => {
    certificates = createCertificates();
  });
  afterAll(() => {
    certificates.delete();
  });

  test.each([
    ['tls_server_config: { cert_file: server.pem, key_file: server.key }', 0, ''],
    ['tls_server_config: { cert_file: server.pem, key_file: ca.key }', 2, 'tls_server_config'],
    ['tls_server_config: { cert_file: absent.pem, key_file: server.key }', 2, 'absent.pem'],
    ['\nbasic_auth_user: {}', 2, 'web.yml:2: basic_auth_user: unknown field'],
  ])('of %j ends with code %d and says %j', async (text, code, complaint) => {
    writeFileSync(certificates.path('web.yml'), text);
    for (const flags of [['--config.check'], []]) {
      if (code === 0 && flags.length === 0) {
        continue;
      }
      const { exitCode, stderr } = await runAgent([
        ...flags,
        `--web.config.file=${certificates.path('web.yml')}`,
      ]);
      expect(exitCode).toBe(code);
      expect(stderr).toContain(complaint);
      expect(stderr.split('\n').length).toBeLessThanOrEqual(2);
    }
  });
});
