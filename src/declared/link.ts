import { linkKeys, netplanKeys } from '../catalogue/offload-names.ts';
import type {
  ConfigFile,
  Declaration,
  DeviceIdentity,
  IgnoredReason,
  Origin,
  Outcome,
} from '../model/declaration.ts';
import { parseIniLines } from '../parsers/ini-lines.ts';
import type { IniEntry } from '../parsers/ini-lines.ts';
import { baseName, filesByName } from './config-tree.ts';
import type { ConfigTree } from './config-tree.ts';
import { featuresOf } from './feature-names.ts';
import { matchesLink } from './link-match.ts';
import { doubt, ignore } from './outcome.ts';
import type { HostContext } from './predict.ts';

const directories = ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'].map(
  (prefix) => `${prefix}/systemd/network`,
);

/** The default file of systemd, in case the host's file system is not mounted here. */
const defaultLink: ConfigFile = {
  path: '/usr/lib/systemd/network/99-default.link',
  text: '[Match]\nOriginalName=*\n',
  mode: 0o644,
};

/** A setting of a .link file or of one of its drop-ins. */
interface LinkEntry extends IniEntry {
  readonly origin: Origin;
}

/** A .link file with its drop-ins, as udev reads it. */
export interface LinkFile {
  readonly name: string;
  readonly match: readonly IniEntry[];
  readonly settings: readonly LinkEntry[];
  /** netplan generates no file at all if one is invalid. */
  readonly isRefused?: boolean;
}

/** The .link files in the order of udev, including those of netplan. */
export function linkFiles({
  tree: given,
  netplan,
}: Pick<HostContext, 'netplan' | 'tree'>): readonly LinkFile[] {
  const tree = new Map([[defaultLink.path, defaultLink], ...given]);
  const dropInsOf = (name: string): readonly ConfigFile[] =>
    filesByName(tree, {
      directories: directories.map((directory) => `${directory}/${name}.d`),
      suffix: '.conf',
    });
  const isMade = ({ path }: ConfigFile): boolean =>
    netplan.isReadable && /^\/run\/.*\/10-netplan-/.test(path);
  // One that is empty takes the place of another, and says nothing, whatever is dropped in.
  const ownFiles = filesByName(tree, { directories, suffix: '.link' }).filter(
    (file) => !isMade(file),
  );
  const own = ownFiles
    .filter(({ text }) => text !== '')
    .map((file) => ({
      name: baseName(file.path),
      ...entriesOf([file, ...dropInsOf(baseName(file.path))]),
    }));
  const made = netplan.files
    // /etc comes before /run.
    .filter(({ name }) => !ownFiles.some(({ path }) => path === `/etc/systemd/network/${name}`))
    .map((file) => {
      const { match, settings } = entriesOf(dropInsOf(file.name));
      return {
        ...file,
        match: [...file.match, ...match],
        settings: [...file.settings, ...settings],
      };
    });
  return [...own, ...made].toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** The first file that matches a device: udev uses it. */
function linkFileOf(
  device: DeviceIdentity,
  links: readonly LinkFile[],
): { readonly file: LinkFile; readonly isSure: boolean } | undefined {
  for (const file of links) {
    const matches = matchesLink(file.match, device);
    if (matches !== false) {
      return { file, isSure: matches === true };
    }
  }
  return undefined;
}

/** The file that udev uses for a device; undefined if only udev knows. */
export function linkFileFor(
  device: DeviceIdentity,
  input: Pick<HostContext, 'netplan' | 'tree'>,
): LinkFile | undefined {
  const chosen = linkFileOf(device, linkFiles(input));
  return chosen?.isSure === true ? chosen.file : undefined;
}

/** Says what the .link files do to the features of each device when udev sees it. @see systemd.link(5) */
export function predictLink(
  { devices, tree }: HostContext,
  links: readonly LinkFile[],
): readonly Declaration[] {
  const files = links.map((file) => ({
    file,
    declarations: file.settings.flatMap((entry) => declare(entry, undefined)),
  }));
  const used = devices.flatMap((device) => {
    const chosen = linkFileOf(device, links);
    return chosen === undefined ? [] : [{ device, ...chosen }];
  });
  const applied = used.flatMap(({ device, file, isSure }) =>
    file.settings
      .flatMap((entry) => declare(entry, device))
      .map((declaration) =>
        isSure
          ? declaration
          : doubt(declaration, `only udev can tell whether ${file.name} is for it`),
      ),
  );
  const unused = files
    .filter(({ file }) => !used.some((row) => row.file === file))
    .flatMap(({ file, declarations }) =>
      declarations.flatMap((declaration) => {
        const meant = devices.filter((device) => matchesLink(file.match, device) === true);
        const shadowedBy = meant.map((device) => ({ device, by: linkFileOf(device, links) }));
        return meant.length === 0
          ? [ignore(declaration, file.isRefused === true ? 'file-refused' : 'no-match')]
          : shadowedBy.map(({ device, by }) =>
              ignore({ ...declaration, device: device.name }, 'shadowed', by?.file.name),
            );
      }),
    );
  return [...applied, ...unused, ...misplaced(tree)];
}

/** A file and its drop-ins count as one file; the last value of a key wins. */
function entriesOf(files: readonly ConfigFile[]): Omit<LinkFile, 'name'> {
  const entries = files.flatMap(({ path, text }) => {
    const lines = text.split('\n');
    return parseIniLines(text, 'systemd').map((entry) => ({
      ...entry,
      origin: {
        source: 'link' as const,
        file: path,
        line: entry.line,
        text: lines[entry.line - 1]?.trim() ?? '',
      },
    }));
  });
  return {
    match: entries.filter(({ section }) => section === 'Match'),
    settings: entries
      .filter(({ section }) => section !== 'Match')
      .filter(
        ({ key, value }, index, all) =>
          value !== '' &&
          // An empty value resets the list.
          !all.some((other, at) => at > index && other.key === key && other.value === ''),
      ),
  };
}

function declare(entry: LinkEntry, device: DeviceIdentity | undefined): readonly Declaration[] {
  const pattern = linkKeys[entry.key];
  if (pattern === undefined && !looksLikeOffload(entry.key)) {
    return [];
  }
  const enabled = parseBoolean(entry.value);
  const settings =
    pattern === undefined
      ? []
      : featuresOf(device)
          .filter((feature) => pattern.test(feature))
          .map((feature) => ({ feature, enabled: enabled ?? false }));
  const reason: IgnoredReason | undefined =
    pattern === undefined
      ? 'unknown-key'
      : entry.section !== 'Link'
        ? 'wrong-place'
        : enabled === undefined
          ? 'unparsed-value'
          : undefined;
  const outcome: Outcome =
    reason === undefined
      ? { kind: 'applies' }
      : { kind: 'ignored', reason, detail: reason === 'unknown-key' ? entry.key : entry.value };
  return [{ ...entry.origin, device: device?.name, settings, outcome }];
}

/** @see parse_boolean() in systemd */
function parseBoolean(text: string): boolean | undefined {
  if (/^(?:1|yes|y|true|t|on)$/i.test(text)) {
    return true;
  }
  return /^(?:0|no|n|false|f|off)$/i.test(text) ? false : undefined;
}

function looksLikeOffload(key: string): boolean {
  return /offload|segmentation|^(?:tso|gso|gro|lro)$/i.test(key) || netplanKeys[key] !== undefined;
}

/** The keys of a .link file in a .network or .netdev file. */
function misplaced(tree: ConfigTree): readonly Declaration[] {
  return ['.network', '.netdev'].flatMap((suffix) =>
    filesByName(tree, { directories, suffix }).flatMap((file) =>
      entriesOf([file])
        .settings.filter(({ key }) => linkKeys[key] !== undefined)
        .flatMap((entry) => declare(entry, undefined))
        .map((declaration) => ignore(declaration, 'wrong-place', suffix)),
    ),
  );
}
