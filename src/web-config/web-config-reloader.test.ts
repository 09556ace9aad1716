import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { createCertificates } from '../../test/support/certificates.ts';
import { commandProblem, skipNote } from '../../test/support/requirements.ts';
import { createWebConfigReloader } from './web-config-reloader.ts';

const hash = '$2y$10$hZmsP8ND3iQxjtG/S/r9Xedels9vrbKBeljS0mdV0/zltYcCOwSZK';
const users = `basic_auth_users: { a: ${hash} }\n`;
const tls = 'tls_server_config: { cert_file: server.pem, key_file: server.key }\n';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nicwatch-reloader-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function logger() {
  return {
    info: vi.fn<() => void>(),
    warn: vi.fn<() => void>(),
    error: vi.fn<() => void>(),
  };
}

const now = (): Date => new Date(0);
const complaint = 'every user can read a file with secrets, expected mode 0600';

describe('createWebConfigReloader()', () => {
  test.each([
    { text: users, mode: 0o644, warned: '0644' },
    { text: users, mode: 0o604, warned: '0604' },
    { text: users, mode: 0o640, warned: undefined },
    { text: 'http_server_config: { http2: true }\n', mode: 0o644, warned: undefined },
  ])('warns once that every user can read $text: $warned', async ({ text, mode, warned }) => {
    const log = logger();
    const path = join(directory, 'web.yml');
    writeFileSync(path, text);
    chmodSync(path, mode);
    const reloader = await createWebConfigReloader({ path, log, now });
    const expected = warned === undefined ? [] : [[{ file: path, mode: warned }, complaint]];
    expect(log.warn.mock.calls).toEqual(expected);
    writeFileSync(path, `${text}# changed\n`);
    await reloader.refresh();
    expect(log.info).toHaveBeenCalledOnce();
    expect(log.warn.mock.calls).toEqual(expected);
  });

  test('warns of a file that became readable while in use', async () => {
    const log = logger();
    const path = join(directory, 'web.yml');
    writeFileSync(path, users, { mode: 0o600 });
    const reloader = await createWebConfigReloader({ path, log, now });
    chmodSync(path, 0o644);
    await reloader.refresh();
    await reloader.refresh();
    expect(log.warn.mock.calls).toEqual([[{ file: path, mode: '0644' }, complaint]]);
  });

  test('names a file that is missing, and its field', async () => {
    const path = join(directory, 'web.yml');
    const load = async () => createWebConfigReloader({ path, log: logger(), now });
    await expect(load()).rejects.toThrow(
      expect.objectContaining({
        name: 'ConfigError',
        message: `--web.config.file: cannot read "${path}": ENOENT`,
      }),
    );
    writeFileSync(path, tls);
    await expect(load()).rejects.toThrow(
      expect.objectContaining({
        name: 'ConfigError',
        message: `${path}: tls_server_config.cert_file: cannot read "${join(directory, 'server.pem')}": ENOENT`,
      }),
    );
  });

  const problem = commandProblem('openssl');
  test.skipIf(problem !== undefined)(
    `warns of a private key, in a file of its own or in the configuration${skipNote(problem)}`,
    async () => {
      const certificates = createCertificates();
      try {
        const path = certificates.path('web.yml');
        const key = certificates.path('server.key');
        writeFileSync(path, tls);
        chmodSync(path, 0o644);
        chmodSync(key, 0o644);
        const log = logger();
        await createWebConfigReloader({ path, log, now });
        expect(log.warn.mock.calls).toEqual([[{ file: key, mode: '0644' }, complaint]]);

        const text = certificates.read('server.key').replaceAll('\n', '\n    ');
        writeFileSync(path, `tls_server_config:\n  cert_file: server.pem\n  key: |\n    ${text}\n`);
        const other = logger();
        await createWebConfigReloader({ path, log: other, now });
        expect(other.warn.mock.calls).toEqual([[{ file: path, mode: '0644' }, complaint]]);
      } finally {
        certificates.delete();
      }
    },
  );

  test.skipIf(problem !== undefined)(
    `names the file that is no certificate or no key${skipNote(problem)}`,
    async () => {
      const certificates = createCertificates();
      const path = certificates.path('web.yml');
      const ca = 'client_auth_type: RequireAndVerifyClientCert, client_ca_file';
      try {
        writeFileSync(certificates.path('empty'), '');
        for (const [text, message] of [
          [
            'cert_file: empty, key_file: server.key',
            'cert_file: expected a certificate in the PEM',
          ],
          [
            'cert_file: server.pem, key_file: empty',
            'key_file: expected an unencrypted private key in the PEM',
          ],
          [
            'cert_file: server.pem, key: x',
            'key: expected an unencrypted private key in the PEM format (error',
          ],
          [
            `cert_file: server.pem, key_file: server.key, ${ca}: empty`,
            'client_ca_file: expected a certificate in the PEM format',
          ],
          ['cert_file: server.pem, key_file: ca.key', ' error:05800074:x509'],
        ]) {
          writeFileSync(path, `tls_server_config: { ${text} }\n`);
          await expect(createWebConfigReloader({ path, log: logger(), now })).rejects.toThrow(
            expect.objectContaining({
              name: 'ConfigError',
              message: expect.stringMatching(/^\S+web\.yml: tls_server_config[.:]/),
            }),
          );
          await expect(createWebConfigReloader({ path, log: logger(), now })).rejects.toThrow(
            message,
          );
        }
      } finally {
        certificates.delete();
      }
    },
  );
});
