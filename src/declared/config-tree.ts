import type { ConfigFile } from '../model/declaration.ts';

/** The files of a host's configuration, by path. */
export type ConfigTree = ReadonlyMap<string, ConfigFile>;

/** The files of a directory, without subdirectories, in the byte order of their names. */
export function filesIn(tree: ConfigTree, directory: string): readonly ConfigFile[] {
  return [...tree.values()]
    .filter(({ path }) => directoryOf(path) === directory)
    .toSorted((one, other) => compare(baseName(one.path), baseName(other.path)));
}

/**
 * The files that systemd and udev read from several directories, in the order of their names. Of files with the same name,
 * the one in the first directory counts.
 */
export function filesByName(
  tree: ConfigTree,
  { directories, suffix }: { readonly directories: readonly string[]; readonly suffix: string },
): readonly ConfigFile[] {
  const byName = new Map<string, ConfigFile>();
  for (const directory of directories) {
    for (const file of filesIn(tree, directory)) {
      const name = baseName(file.path);
      if (name.endsWith(suffix) && !byName.has(name)) {
        byName.set(name, file);
      }
    }
  }
  return [...byName.values()].toSorted((one, other) =>
    compare(baseName(one.path), baseName(other.path)),
  );
}

/** The base name of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The directory of a path. */
export function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
