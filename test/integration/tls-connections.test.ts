import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { connect } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { freePort, startAgent } from '../support/agent-process.ts';
import type { AgentProcess } from '../support/agent-process.ts';
import { createCertificates } from '../support/certificates.ts';
import type { Certificates } from '../support/certificates.ts';
import { commandProblem, skipNote } from '../support/requirements.ts';

const problem = commandProblem('openssl');

const open = 'cert_file: server.pem, key_file: server.key';
const strict = `${open}, client_ca_file: ca.pem, client_auth_type: RequireAndVerifyClientCert`;
const request = 'GET /-/healthy HTTP/1.1\r\nhost: localhost\r\n\r\n';
const healthy = 'nicwatch is healthy.\n';

describe.skipIf(problem !== undefined)(`connections with TLS${skipNote(problem)}`, () => {
  let certificates: Certificates;
  let agent: AgentProcess;
  let port: number;

  /** From the next request on. */
  const configure = (tls: string): void => {
    writeFileSync(certificates.path('web.yml'), `tls_server_config: { ${tls} }\n`);
  };

  const certified = () => ({
    cert: certificates.read('client.pem'),
    key: certificates.read('client.key'),
  });

  const shakeHands = async (options: ConnectionOptions = {}): Promise<TLSSocket> => {
    const socket = connect({ port, ca: certificates.read('ca.pem'), ...options });
    socket.on('error', () => {});
    await once(socket, 'secureConnect');
    return socket;
  };

  beforeAll(async () => {
    certificates = createCertificates();
    certificates.issue('client', 'DNS:prometheus.example');
    configure(open);
    port = await freePort();
    agent = await startAgent({
      flags: [
        `--web.config.file=${certificates.path('web.yml')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      isAnswering: async () =>
        shakeHands().then(
          (socket) => {
            socket.destroy();
            return true;
          },
          () => false,
        ),
    });
  });

  afterAll(async () => {
    await agent.stop();
    certificates.delete();
  });

  test('are closed at the first request after the configuration has changed', async () => {
    configure(open);
    const sockets = await Promise.all([shakeHands(), shakeHands()]);
    for (const socket of sockets) {
      expect(await ask(socket)).toContain(healthy);
    }
    configure(strict);
    for (const socket of sockets) {
      expect(await ask(socket)).toBe('');
    }
    const socket = await shakeHands(certified());
    expect(await ask(socket)).toContain(healthy);
    socket.destroy();
  });

  test('are closed if the configuration changes during the handshake', async () => {
    configure(open);
    (await shakeHands()).destroy();
    const plain = connectTcp(port, '127.0.0.1');
    await once(plain, 'connect');
    await setTimeout(200);
    configure(strict);
    expect(await ask(await shakeHands({ socket: plain }))).toBe('');
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'do not resume a %s session of another configuration',
    async (maxVersion) => {
      configure(open);
      const first = await shakeHands({ maxVersion });
      await ask(first);
      const session = first.getSession();
      first.destroy();
      const resumed = await shakeHands({ maxVersion, session });
      expect(resumed.isSessionReused()).toBe(true);
      resumed.destroy();

      configure(strict);
      const options = { port, maxVersion, session, ca: certificates.read('ca.pem') };
      expect(await ask(connect(options).on('error', () => {}))).toBe('');
      const client = await shakeHands({ maxVersion, session, ...certified() });
      expect(client.isSessionReused()).toBe(false);
      expect(await ask(client)).toContain(healthy);
      client.destroy();
    },
  );

  test('refuse to renegotiate', async () => {
    configure(open);
    const client = execa('openssl', ['s_client', '-connect', `localhost:${port}`, '-tls1_2'], {
      reject: false,
      timeout: 10_000,
    });
    let said = '';
    client.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    client.stdin.write(request);
    await expect.poll(() => said).toContain(healthy);
    client.stdin.write('R\n');
    await setTimeout(500);
    client.stdin.write(request);
    await setTimeout(500);
    client.stdin.end('Q\n');
    const { timedOut, stderr } = await client;
    expect(timedOut).toBe(false);
    expect(stderr).toContain('RENEGOTIATING');
    expect(said.split(healthy)).toHaveLength(2);
  });
});

/** The answer, or what came until the connection was closed. */
async function ask(socket: TLSSocket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  socket.write(request);
  await expect.poll(() => socket.destroyed || text.endsWith(healthy)).toBe(true);
  socket.removeAllListeners('data');
  return text;
}
