import { dirname, resolve } from 'node:path';
import type { TlsOptions } from 'node:tls';

import type { Logger } from 'pino';

import type { PemSource, TlsConfig } from './tls-config.ts';
import { parseWebConfig } from './web-config.ts';
import type { WebConfig } from './web-config.ts';
import { fileSignature, readSmallFile, worldReadableMode } from '../host/small-file.ts';
import { ConfigError } from '../model/errors.ts';
import { checkPem, createTlsOptions } from './tls-options.ts';

/** A web configuration as it is in force, with what its files held when they were read. The same object until they change. */
export interface ActiveWebConfig {
  readonly config: WebConfig;
  /** Present exactly where the configuration has TLS. */
  readonly tls: { readonly config: TlsConfig; readonly options: TlsOptions } | undefined;
}

export interface WebConfigFollower {
  /** What is in force, after a look whether the files have changed. */
  refresh(): Promise<ActiveWebConfig>;
  /** Whether the files, as they are now, are in force. */
  isUpToDate(): boolean;
  /** When what is in force was read, in seconds since the epoch. */
  lastReadSeconds(): number;
}

export interface WebConfigFollowerOptions {
  readonly path: string;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly now: () => Date;
}

/**
 * Reads a web configuration and follows it: what it says, and the certificates it names. Where a change cannot be used,
 * what was in force stays so, and the log says why, once for each change.
 *
 * @throws {ConfigError} naming the file and what is wrong, at the first reading only.
 */
export async function followWebConfig({
  path,
  log,
  now,
}: WebConfigFollowerOptions): Promise<WebConfigFollower> {
  let reading = await readWebConfig(path);
  if (reading.outcome instanceof ConfigError) {
    throw reading.outcome;
  }
  let active = reading.outcome;
  let lastReadSeconds = now().getTime() / 1000;
  let isUpToDate = true;
  let refreshing: Promise<ActiveWebConfig> | undefined;
  const warned = new Set<string>();

  const warnOfReadableSecrets = async ({ config }: ActiveWebConfig): Promise<void> => {
    for (const file of secretFiles(path, config)) {
      const mode = await worldReadableMode(file);
      if (mode !== undefined && !warned.has(file)) {
        warned.add(file);
        log.warn({ file, mode }, 'every user can read a file with secrets, expected mode 0600');
      }
    }
  };
  await warnOfReadableSecrets(active);

  const refresh = async (): Promise<ActiveWebConfig> => {
    if (!(await hasChanged(reading.signatures))) {
      return active;
    }
    reading = await readWebConfig(path);
    const outcome = guardLoss(path, active, reading.outcome);
    if (outcome instanceof ConfigError) {
      log.error({ error: outcome.message }, 'the web configuration stays as it was');
    } else {
      active = outcome;
      lastReadSeconds = now().getTime() / 1000;
      log.info({ file: path }, 'web configuration read anew');
      await warnOfReadableSecrets(active);
    }
    isUpToDate = active === outcome;
    return active;
  };

  return {
    refresh: async () => {
      refreshing ??= refresh().finally(() => {
        refreshing = undefined;
      });
      return refreshing;
    },
    isUpToDate: () => isUpToDate,
    lastReadSeconds: () => lastReadSeconds,
  };
}

/** The private key, and the file itself where it holds hashes of passwords or the key. */
function secretFiles(path: string, { tls, users }: WebConfig): readonly string[] {
  const key = tls?.key ?? { text: '' };
  return [
    ...(users.size > 0 || (tls !== undefined && 'text' in key) ? [path] : []),
    ...('path' in key ? [resolve(dirname(path), key.path)] : []),
  ];
}

interface Reading {
  /** Of every file that was read, as it was before. */
  readonly signatures: ReadonlyMap<string, string>;
  readonly outcome: ActiveWebConfig | ConfigError;
}

async function readWebConfig(path: string): Promise<Reading> {
  const signatures = new Map<string, string>();
  const read = async (file: string): Promise<string> => {
    signatures.set(file, await fileSignature(file));
    return readSmallFile(file);
  };
  const readPem: ReadPem = async (field, source) =>
    named(`${path}: tls_server_config.${'path' in source ? `${field}_file` : field}`, async () => {
      const pem = 'text' in source ? source.text : await read(resolve(dirname(path), source.path));
      checkPem(field === 'key' ? 'an unencrypted private key' : 'a certificate', pem);
      return pem;
    });
  try {
    const config = parseWebConfig(await named('--web.config.file', async () => read(path)), path);
    const tls = await named(`${path}: tls_server_config`, async () => readTls(config, readPem));
    return { signatures, outcome: { config, tls } };
  } catch (error) {
    return {
      signatures,
      outcome:
        error instanceof ConfigError ? error : new ConfigError(String(error), { cause: error }),
    };
  }
}

/** Puts a name before what goes wrong, once. @throws {ConfigError} */
async function named<Value>(name: string, run: () => Promise<Value>): Promise<Value> {
  try {
    return await run();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw error instanceof ConfigError
      ? error
      : new ConfigError(`${name}: ${message}`, { cause: error });
  }
}

type ReadPem = (field: 'cert' | 'key' | 'client_ca', source: PemSource) => Promise<string>;

async function readTls(
  { tls: config }: WebConfig,
  readPem: ReadPem,
): Promise<ActiveWebConfig['tls']> {
  if (config === undefined) {
    return undefined;
  }
  const files = {
    certificate: await readPem('cert', config.certificate),
    key: await readPem('key', config.key),
    clientCa:
      config.clientCa === undefined ? undefined : await readPem('client_ca', config.clientCa),
  };
  return { config, options: createTlsOptions(config, files) };
}

async function hasChanged(signatures: ReadonlyMap<string, string>): Promise<boolean> {
  for (const [file, signature] of signatures) {
    if ((await fileSignature(file)) !== signature) {
      return true;
    }
  }
  return false;
}

/** A file that is just being written may be empty: that must not open the door. */
function guardLoss(
  path: string,
  before: ActiveWebConfig,
  after: Reading['outcome'],
): Reading['outcome'] {
  if (after instanceof ConfigError) {
    return after;
  }
  if ((before.tls === undefined) !== (after.tls === undefined)) {
    return new ConfigError(`${path}: TLS cannot be turned on or off without a restart`);
  }
  return before.config.users.size > 0 && after.config.users.size === 0
    ? new ConfigError(`${path}: the last user cannot be removed without a restart`)
    : after;
}
