import { constants } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

import { configPlaces, installationMarkers } from '../catalogue/config-places.ts';
import type { ConfigPlace, ConfigSource } from '../catalogue/config-places.ts';
import type { ConfigFile } from '../model/declaration.ts';
import { SourceError } from '../model/errors.ts';
import { resolveBelow } from './root-path.ts';
import { signatureOf } from './small-file.ts';
import { errorCode, sourceErrorFrom } from './system-error.ts';

const maxFiles = 4000;
const maxFileBytes = 256 * 1024;
const maxTotalBytes = 8 * 1024 * 1024;
const maxMilliseconds = 10_000;
const maxIncludeDepth = 4;
/** Sources that matter only if they call ethtool. */
const callers: ReadonlySet<ConfigSource> = new Set(['systemd-unit', 'script']);

/** The files that configure the network of the host, as far as they can be read. */
export interface NetworkConfig {
  readonly files: ReadonlyMap<string, ReadConfigFile>;
  /** The {@link installationMarkers} that are present. */
  readonly present: ReadonlySet<string>;
  readonly unreadable: readonly UnreadableConfig[];
}

interface ReadConfigFile extends ConfigFile {
  /** Changes when the file does. */
  readonly signature: string;
}

interface UnreadableConfig {
  readonly source: ConfigSource;
  readonly path: string;
  readonly error: SourceError;
}

/**
 * Reads the files that configure the network of the host, below a root that may be mounted elsewhere. Unchanged files are not
 * read again.
 *
 * @param previous the last result; returned if nothing has changed
 */
export async function readNetworkConfig(
  rootfs: string,
  previous: NetworkConfig | undefined,
): Promise<NetworkConfig> {
  const files = new Map<string, ReadConfigFile>();
  const unreadable = new Map<string, UnreadableConfig>();
  const deadline = performance.now() + maxMilliseconds;
  let totalBytes = 0;

  const failed = (source: ConfigSource, path: string, error: unknown): void => {
    const problem = error instanceof SourceError ? error : sourceErrorFrom(error, path);
    if (problem.reason !== 'absent') {
      unreadable.set(path, { source, path, error: problem });
    }
  };

  const readFile = async (place: ConfigPlace, path: string): Promise<void> => {
    if (files.has(path)) {
      return;
    }
    try {
      if (files.size >= maxFiles || totalBytes > maxTotalBytes || performance.now() > deadline) {
        throw new SourceError('failed', `too many files on the way to ${JSON.stringify(path)}`);
      }
      const file =
        place.isListed === true
          ? { path, text: '', mode: 0, signature: '' }
          : await readConfigFile({ rootfs, path }, previous?.files.get(path));
      totalBytes += file.text.length;
      // To save memory: there are hundreds of units and scripts.
      const isIdle =
        callers.has(place.source) && file.text !== '' && !file.text.includes('ethtool');
      files.set(path, isIdle ? { ...file, text: '' } : file);
    } catch (error) {
      failed(place.source, path, error);
    }
  };

  const readPlace = async (place: ConfigPlace): Promise<void> => {
    if (place.files === undefined && place.directories === undefined) {
      await readFile(place, place.path);
      return;
    }
    for (const entry of await list(place.path).catch((error: unknown) => {
      failed(place.source, place.path, error);
      return [];
    })) {
      const path = `${place.path}/${entry}`;
      if (place.directories?.test(entry) === true) {
        await readPlace({ ...place, path, files: /./, directories: /^$/ });
      } else if (place.files?.test(entry) === true) {
        await readFile(place, path);
      }
    }
  };

  const list = async (path: string): Promise<readonly string[]> =>
    (await readdir(await resolveBelow(rootfs, path))).toSorted();

  for (const place of configPlaces) {
    await readPlace(place);
  }
  // Files of interfaces(5) include others anywhere, which may include others.
  for (let depth = 0; depth < maxIncludeDepth; depth += 1) {
    for (const place of includedPlaces(files)) {
      await readPlace(place);
    }
  }
  const config = {
    files,
    present: await presentMarkers(rootfs),
    unreadable: [...unreadable.values()],
  };
  return previous !== undefined && isSame(previous, config) ? previous : config;
}

async function readConfigFile(
  { rootfs, path }: { readonly rootfs: string; readonly path: string },
  previous: ReadConfigFile | undefined,
): Promise<ReadConfigFile> {
  const actualPath = await resolveBelow(rootfs, path);
  const file = await open(
    actualPath,
    constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW,
  );
  try {
    const found = await file.stat({ bigint: true });
    const signature = signatureOf(found);
    const mode = Number(found.mode) & 0o777;
    if (previous?.signature === signature) {
      return previous;
    }
    // A link to /dev/null masks a file.
    if (!found.isFile()) {
      return { path, text: '', mode, signature };
    }
    if (found.size > maxFileBytes) {
      throw new SourceError(
        'failed',
        `${JSON.stringify(path)} is longer than ${maxFileBytes} bytes`,
      );
    }
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(Number(found.size)) });
    return { path, text: buffer.toString('utf8', 0, bytesRead), mode, signature };
  } finally {
    await file.close();
  }
}

function includedPlaces(files: ReadonlyMap<string, ConfigFile>): readonly ConfigPlace[] {
  return [...files.values()].flatMap(({ path, text }) =>
    path.startsWith('/etc/network/') || text.includes('\niface ')
      ? [...text.matchAll(/^[ \t]*source(-dir\S*)?[ \t]+(.+)$/gm)].flatMap(
          ([, directory, patterns = '']) =>
            patterns
              .trim()
              .split(/[ \t]+/)
              .map((pattern) => {
                const absolute = pattern.startsWith('/') ? pattern : `${dirname(path)}/${pattern}`;
                return includedPlace(directory === undefined ? dirname(absolute) : absolute);
              }),
        )
      : [],
  );
}

/** The files of a directory, whose own name may be a pattern. */
function includedPlace(directory: string): ConfigPlace {
  const path = directory.replace(/\/+$/, '');
  return /[*?[]/.test(basename(path))
    ? { source: 'ifupdown', path: dirname(path), directories: /./ }
    : { source: 'ifupdown', path, files: /./ };
}

async function presentMarkers(rootfs: string): Promise<ReadonlySet<string>> {
  const present = new Set<string>();
  for (const path of installationMarkers) {
    try {
      await stat(await resolveBelow(rootfs, path));
      present.add(path);
    } catch (error) {
      // It exists, below a directory that is not accessible.
      if (errorCode(error) === 'EACCES') {
        present.add(path);
      }
    }
  }
  return present;
}

function isSame(one: NetworkConfig, other: NetworkConfig): boolean {
  const namesOf = ({ files, unreadable, present }: NetworkConfig): string =>
    JSON.stringify([[...files.keys()], unreadable.map(({ path }) => path), [...present]]);
  return (
    namesOf(one) === namesOf(other) &&
    [...other.files].every(([path, file]) => one.files.get(path) === file || file.signature === '')
  );
}
