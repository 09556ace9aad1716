import { dirname, resolve } from 'node:path';
import type { TlsOptions } from 'node:tls';

import type { Logger } from 'pino';

import type { PemSource, TlsConfig } from './tls-config.ts';
import { parseWebConfig } from './web-config.ts';
import type { WebConfig } from './web-config.ts';
import { fileSignature, readSmallFile, worldReadableMode } from '../host/small-file.ts';
import { ConfigError, messageOf } from '../model/errors.ts';
import { checkPem, createTlsOptions } from './tls-options.ts';

/** The active web configuration, with the contents of its files. The same object until they change. */
export interface ActiveWebConfig {
  readonly config: WebConfig;
  readonly tls: { readonly config: TlsConfig; readonly options: TlsOptions } | undefined;
}

export interface WebConfigReloader {
  /** Reloads the files if they have changed, and returns the active configuration. */
  refresh(): Promise<ActiveWebConfig>;
  /** Whether the last reload succeeded. */
  isUpToDate(): boolean;
  /** When the active configuration was loaded, in seconds since the epoch. */
  lastReadSeconds(): number;
}

export interface WebConfigReloaderOptions {
  readonly path: string;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly now: () => Date;
}

/**
 * Loads a web configuration with its certificates, and reloads it on change. An invalid change leaves the active configuration
 * in force and is logged once.
 *
 * @throws {ConfigError} naming the file and what is wrong, when it is first loaded.
 */
export async function createWebConfigReloader({
  path,
  log,
  now,
}: WebConfigReloaderOptions): Promise<WebConfigReloader> {
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
    const outcome = rejectDowngrade(path, active, reading.outcome);
    if (outcome instanceof ConfigError) {
      log.error(
        { error: outcome.message },
        'cannot reload the web configuration, keeping the previous one',
      );
    } else {
      active = outcome;
      lastReadSeconds = now().getTime() / 1000;
      log.info({ file: path }, 'web configuration reloaded');
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

/** The private key, and the configuration file where it contains password hashes or the key. */
function secretFiles(path: string, { tls, users }: WebConfig): readonly string[] {
  const key = tls?.key ?? { text: '' };
  return [
    ...(users.size > 0 || (tls !== undefined && 'text' in key) ? [path] : []),
    ...('path' in key ? [resolve(dirname(path), key.path)] : []),
  ];
}

interface Reading {
  /** Of every file, from before it was read. */
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

/** Prefixes errors with a name. @throws {ConfigError} */
async function named<Value>(name: string, run: () => Promise<Value>): Promise<Value> {
  try {
    return await run();
  } catch (error) {
    throw error instanceof ConfigError
      ? error
      : new ConfigError(`${name}: ${messageOf(error)}`, { cause: error });
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

/** A file that is being written may be empty: that must not disable TLS or authentication. */
function rejectDowngrade(
  path: string,
  previous: ActiveWebConfig,
  next: Reading['outcome'],
): Reading['outcome'] {
  if (next instanceof ConfigError) {
    return next;
  }
  if ((previous.tls === undefined) !== (next.tls === undefined)) {
    return new ConfigError(`${path}: TLS cannot be turned on or off without a restart`);
  }
  return previous.config.users.size > 0 && next.config.users.size === 0
    ? new ConfigError(`${path}: the last user cannot be removed without a restart`)
    : next;
}
