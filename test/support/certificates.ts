import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execaSync } from 'execa';

/** A directory of certificates and keys, made with openssl: `NAME.pem` and `NAME.key`. */
export interface Certificates {
  readonly directory: string;
  path(name: string): string;
  read(name: string): string;
  /** Makes a certificate, signed by `ca` unless another is named. */
  issue(name: string, subjectAltName: string, options?: IssueOptions): void;
  delete(): void;
}

interface IssueOptions {
  readonly ca?: string;
  readonly days?: number;
}

/** Makes a certificate authority `ca`, an untrusted one, `foreign-ca`, and a certificate for this machine, `server`. */
export function createCertificates(): Certificates {
  const directory = mkdtempSync(join(tmpdir(), 'nicwatch-certificates-'));
  const path = (name: string): string => join(directory, name);
  const openssl = (command: string): void => {
    execaSync('openssl', command.split(' '), { cwd: directory });
  };
  const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';
  for (const ca of ['ca', 'foreign-ca']) {
    openssl(`req -x509 ${newKey} -keyout ${ca}.key -out ${ca}.pem -days 2 -subj /CN=${ca}`);
  }
  const issue: Certificates['issue'] = (name, subjectAltName, { ca = 'ca', days = 2 } = {}) => {
    writeFileSync(path(`${name}.ext`), `subjectAltName=${subjectAltName}\n`);
    openssl(`req -new ${newKey} -keyout ${name}.key -out ${name}.csr -subj /CN=${name}`);
    openssl(
      `x509 -req -in ${name}.csr -CA ${ca}.pem -CAkey ${ca}.key -CAcreateserial -out ${name}.pem -days ${days} -extfile ${name}.ext`,
    );
  };
  issue('server', 'DNS:localhost,IP:127.0.0.1');
  return {
    directory,
    path,
    read: (name) => readFileSync(path(name), 'utf8'),
    issue,
    delete: () => {
      rmSync(directory, { recursive: true });
    },
  };
}
