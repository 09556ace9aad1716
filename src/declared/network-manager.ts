import { networkManagerFeatures, offloadNames } from '../catalogue/offload-names.ts';
import type {
  ConfigFile,
  Declaration,
  DeviceIdentity,
  IgnoredReason,
  Outcome,
} from '../model/declaration.ts';
import { matchesGlob } from '../parsers/glob.ts';
import { parseIniLines } from '../parsers/ini-lines.ts';
import type { IniEntry } from '../parsers/ini-lines.ts';
import { filesByName } from './config-tree.ts';
import type { ConfigTree } from './config-tree.ts';
import { featuresNamed } from './feature-names.ts';
import { doubt, ignore } from './outcome.ts';
import type { HostContext } from './predict.ts';

const directories = ['/etc', '/run', '/usr/lib'].map(
  (prefix) => `${prefix}/NetworkManager/system-connections`,
);
/** Mode bits for which NetworkManager rejects a file: readable or writable by others than root. */
const refusedModes = 0o077;

interface Profile {
  readonly file: ConfigFile;
  readonly entries: readonly IniEntry[];
  readonly value: (section: string, key: string) => string | undefined;
}

/** Predicts the effect of NetworkManager's profiles on the features of their devices. */
export function predictNetworkManager(context: HostContext): readonly Declaration[] {
  const profiles = profilesOf(context.tree);
  return profiles.flatMap((profile) => {
    const devices = context.devices.filter((device) => isFor(profile, device));
    const targets = devices.length === 0 ? [undefined] : devices;
    return targets.flatMap((device) => {
      const rival = device && rivalOf(profile, { device, profiles, context });
      const declarations = profile.entries.flatMap((entry) => declare(entry, { profile, device }));
      return declarations.map((declaration) =>
        override(declaration, { context, profile, device, rival }),
      );
    });
  });
}

interface OverrideOptions {
  readonly context: HostContext;
  readonly profile: Profile;
  readonly device: DeviceIdentity | undefined;
  readonly rival: Profile | 'unknown' | undefined;
}

/** The outcome of the profile as a whole. */
function override(
  declaration: Declaration,
  { context, profile, device, rival }: OverrideOptions,
): Declaration {
  const named = profile.value('connection', 'interface-name');
  const because = (reason: IgnoredReason, detail: string): Declaration =>
    ignore({ ...declaration, device: device?.name ?? named }, reason, detail);
  const id = profile.value('connection', 'id') ?? profile.file.path;
  if (!context.installed.networkManager) {
    return because('unmanaged', 'NetworkManager is not installed');
  }
  if ((profile.file.mode & refusedModes) !== 0) {
    return because('file-refused', `mode ${profile.file.mode.toString(8)}`);
  }
  if (!isKeyfile(profile.file.text) || profile.value('connection', 'type') === undefined) {
    return because('file-refused', 'it is no profile');
  }
  if (device === undefined) {
    return because(named === undefined ? 'no-match' : 'no-such-device', named ?? id);
  }
  if (profile.value('connection', 'autoconnect') === 'false' && rival === undefined) {
    return because('no-auto', id);
  }
  if (rival === 'unknown') {
    return doubt(declaration, `another profile is for ${device.name} too`);
  }
  return typeof rival === 'object'
    ? because('unmanaged', rival.value('connection', 'id') ?? rival.file.path)
    : declaration;
}

/** Which of the files are profiles the catalogue of places says. */
function profilesOf(tree: ConfigTree): readonly Profile[] {
  return filesByName(tree, { directories, suffix: '' }).map(parseProfile);
}

/** A line that is neither a section, nor an assignment in one, nor a comment of `#` spoils the whole file. @see GKeyFile */
function isKeyfile(text: string): boolean {
  const lines = text.split(/\r?\n/).filter((line) => !/^\s*(?:#|$)/.test(line));
  return (
    /^[ \t]*\[/.test(lines[0] ?? '[') &&
    lines.every((line) => /^[ \t]*(?:\[[^[\]]+\]\s*$|[^=\s[][^=]*=)/.test(line))
  );
}

function parseProfile(file: ConfigFile): Profile {
  const entries = parseIniLines(file.text, 'keyfile');
  return {
    file,
    entries,
    value: (section, key) =>
      entries.findLast((entry) => entry.section === section && entry.key === key)?.value,
  };
}

/** @see nm-settings-keyfile(5) */
function isFor({ value }: Profile, device: DeviceIdentity): boolean {
  const name = value('connection', 'interface-name');
  const type = value('connection', 'type');
  const address = value('ethernet', 'mac-address') ?? value('802-3-ethernet', 'mac-address');
  const patterns = value('match', 'interface-name')
    ?.split(/[;,]/)
    .filter((word) => word !== '');
  return (
    (name === undefined || name === device.name) &&
    (type === undefined || !type.endsWith('ethernet') || device.type === 'ether') &&
    (address === undefined ||
      [device.permanentMacAddress, device.macAddress].includes(address.toLowerCase())) &&
    (patterns === undefined || matchesNames(patterns, device.name)) &&
    // A profile without selectors matches any device of its type.
    (name !== undefined ||
      address !== undefined ||
      type?.endsWith('ethernet') === true ||
      patterns !== undefined)
  );
}

/** One that begins with `!` excludes; of the others one has to match, where there are any. */
function matchesNames(patterns: readonly string[], name: string): boolean {
  const wanted = patterns.filter((pattern) => !pattern.startsWith('!'));
  return (
    !patterns.some((pattern) => pattern.startsWith('!') && matchesGlob(pattern.slice(1), name)) &&
    (wanted.length === 0 || wanted.some((pattern) => matchesGlob(pattern, name)))
  );
}

/** The profile that is active on a device instead of this one. */
function rivalOf(
  profile: Profile,
  {
    device,
    profiles,
    context: { activeProfiles },
  }: {
    readonly device: DeviceIdentity;
    readonly profiles: readonly Profile[];
    readonly context: HostContext;
  },
): Profile | 'unknown' | undefined {
  const active = activeProfiles?.get(device.interfaceIndex);
  const priority = ({ value }: Profile): number =>
    Number(value('connection', 'autoconnect-priority') ?? 0);
  const others = profiles.filter(
    (other) =>
      other !== profile &&
      (other.file.mode & refusedModes) === 0 &&
      isKeyfile(other.file.text) &&
      other.value('connection', 'autoconnect') !== 'false' &&
      isFor(other, device),
  );
  if (active !== undefined) {
    const chosen = profiles.find(({ value }) => value('connection', 'uuid') === active);
    return chosen === profile ? undefined : (chosen ?? 'unknown');
  }
  const better = others.find((other) => priority(other) > priority(profile));
  return (
    better ??
    (others.some((other) => priority(other) === priority(profile)) ? 'unknown' : undefined)
  );
}

function declare(
  { section, key, value, line }: IniEntry,
  { profile, device }: { readonly profile: Profile; readonly device: DeviceIdentity | undefined },
): readonly Declaration[] {
  const isOwn = section === 'ethtool';
  const name = key.replace(/^feature-/, '');
  const isKnown = key.startsWith('feature-') && networkManagerFeatures.has(name);
  const looksLikeOne =
    key.startsWith('feature-') || offloadNames.some((row) => row.short === key || row.name === key);
  if (!(isOwn ? looksLikeOne : key.startsWith('feature-'))) {
    return [];
  }
  const isOn = /^(?:true|1)$/.test(value);
  const group = offloadNames.find((row) => row.short === name);
  const features = (featuresNamed(name, device) ?? []).filter(
    (feature) => group?.networkManagerMembers?.test(feature) ?? true,
  );
  const outcome: Outcome = !isOwn
    ? { kind: 'ignored', reason: 'wrong-place', detail: section }
    : !isKnown
      ? { kind: 'ignored', reason: 'unknown-key', detail: key }
      : !/^(?:true|false|1|0)$/.test(value)
        ? { kind: 'ignored', reason: 'unparsed-value', detail: value }
        : { kind: 'applies' };
  return [
    {
      source: 'networkmanager',
      file: profile.file.path,
      line,
      text: `${key}=${value}`,
      device: device?.name,
      settings: features.map((feature) => ({ feature, enabled: isOn })),
      outcome,
    },
  ];
}

/** The UUID or else the name of the active profile of a device. */
export function profileOf(
  device: DeviceIdentity,
  { tree, activeProfiles }: Pick<HostContext, 'tree' | 'activeProfiles'>,
): string | undefined {
  const active = activeProfiles?.get(device.interfaceIndex);
  const profile = profilesOf(tree).find((candidate) => isFor(candidate, device));
  return (
    active ??
    profile?.value('connection', 'uuid') ??
    profile?.value('connection', 'id')?.replaceAll(/[^\w.-]/g, String.raw`\$&`)
  );
}
