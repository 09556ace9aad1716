import type { ConfigFile } from '../model/declaration.ts';
import { matchesGlob } from '../parsers/glob.ts';
import { parseInterfaces } from '../parsers/interfaces.ts';
import type { InterfacesItem, InterfacesLine, Stanza } from '../parsers/interfaces.ts';
import { directoryOf, filesIn } from './config-tree.ts';
import type { ConfigTree } from './config-tree.ts';

const root = '/etc/network/interfaces';
const maxDepth = 8;
/** Of devices `eno[1-N]` stands for. */
const maxRange = 1000;

/** A device that is brought up at boot, and its stanzas. */
export interface Activation {
  readonly device: string;
  readonly stanzas: readonly Stanza[];
}

/** The merged files of interfaces(5). */
export interface LoadedInterfaces {
  readonly stanzas: readonly Stanza[];
  /** In the order in which they are brought up. */
  readonly activations: readonly Activation[];
  /** An error for which ifupdown rejects all files. */
  readonly isRefused: boolean;
  /** Lines outside stanzas. */
  readonly strays: readonly InterfacesLine[];
  /** Ports by bridge or bond. */
  readonly ports: ReadonlyMap<string, readonly string[]>;
  /** Devices the stanzas make. */
  readonly created: ReadonlySet<string>;
}

export interface LoadOptions {
  readonly flavour: 'ifupdown' | 'ifupdown2';
  readonly deviceNames: readonly string[];
}

/** Loads /etc/network/interfaces with all it includes, and says what `ifup -a` brings up. */
export function loadInterfaces(
  tree: ConfigTree,
  { flavour, deviceNames }: LoadOptions,
): LoadedInterfaces {
  const items = [...itemsOf(tree, { path: root, flavour, depth: 0 })];
  const raw = items.flatMap((item) => (item.kind === 'stanza' ? [item.stanza] : []));
  const stanzas = flavour === 'ifupdown' ? raw.map((stanza) => inherit(stanza, raw)) : raw;
  const strays = items.flatMap((item) => (item.kind === 'error' ? [item] : []));
  const ports = portsOf(stanzas);
  const wanted = items.flatMap((item) => (item.kind === 'auto' ? item.patterns : []));
  const up = new Map<string, string>();
  const bringUp = (device: string, logical: string): void => {
    for (const lower of lowerDevices(device, { stanzas, ports, flavour })) {
      if (lower !== device) {
        bringUp(lower, lower);
      }
    }
    up.set(device, up.get(device) ?? logical);
  };
  const names = [...deviceNames, ...stanzas.map(({ name }) => name)];
  for (const pattern of wanted) {
    for (const device of expandAuto(pattern, { names, flavour })) {
      bringUp(device.name, device.logical);
    }
  }
  return {
    stanzas,
    activations: [...up].map(([device, logical]) => ({
      device,
      stanzas: stanzas.filter(({ name }) => name === logical),
    })),
    isRefused: flavour === 'ifupdown' && strays.length > 0,
    strays,
    ports,
    created: createdBy(stanzas),
  };
}

function* itemsOf(
  tree: ConfigTree,
  {
    path,
    flavour,
    depth,
  }: { readonly path: string; readonly flavour: LoadOptions['flavour']; readonly depth: number },
): Generator<InterfacesItem> {
  const file = tree.get(path);
  if (file === undefined || depth > maxDepth) {
    return;
  }
  for (const item of parseInterfaces(file.text, { file: path, dialect: flavour })) {
    if (item.kind === 'source') {
      for (const included of includedFiles(tree, item, { from: directoryOf(path), flavour })) {
        yield* itemsOf(tree, { path: included.path, flavour, depth: depth + 1 });
      }
    } else {
      yield item;
    }
  }
}

function includedFiles(
  tree: ConfigTree,
  { pattern, directory }: Extract<InterfacesItem, { readonly kind: 'source' }>,
  { from, flavour }: { readonly from: string; readonly flavour: LoadOptions['flavour'] },
): readonly ConfigFile[] {
  // ifupdown2 takes a relative path from where it was started.
  const base = flavour === 'ifupdown' ? from : '';
  const absolute = (pattern.startsWith('/') ? pattern : `${base}/${pattern}`).replace(/\/+$/, '');
  if (directory) {
    return filesIn(tree, absolute).filter(({ path }) => /\/[\w-]+$/.test(path));
  }
  return [...tree.values()]
    .filter(
      ({ path }) => directoryOf(path) === directoryOf(absolute) && matchesGlob(absolute, path),
    )
    .toSorted((one, other) => (one.path < other.path ? -1 : 1));
}

function inherit(stanza: Stanza, all: readonly Stanza[]): Stanza {
  const inherited = stanza.inherits.flatMap(
    (name) => all.find((other) => other.name === name && other !== stanza)?.options ?? [],
  );
  return inherited.length === 0
    ? stanza
    : { ...stanza, options: [...inherited, ...stanza.options] };
}

interface AutoOptions {
  readonly names: readonly string[];
  readonly flavour: LoadOptions['flavour'];
}

/** `eno1`; for ifupdown `eno1=office` and `/eno*`, for ifupdown2 `eno[1-4]`. */
function expandAuto(
  pattern: string,
  { names, flavour }: AutoOptions,
): readonly { readonly name: string; readonly logical: string }[] {
  if (flavour === 'ifupdown2') {
    const [, prefix, first, last, suffix = ''] = /^([^[]+)\[(\d+)-(\d+)\](.*)$/.exec(pattern) ?? [];
    const length = prefix === undefined ? 0 : Number(last) - Number(first) + 1;
    const range = Array.from(
      { length: Math.min(length, maxRange) },
      (_, index) => `${prefix}${Number(first) + index}${suffix}`,
    );
    return (prefix === undefined ? [pattern] : range).map((name) => ({ name, logical: name }));
  }
  const [glob = '', logical] = pattern.split('=');
  const matching = glob.startsWith('/')
    ? [...new Set(names)].filter((name) => matchesGlob(glob.slice(1).replace(/\/\d+$/, ''), name))
    : [glob];
  return matching.map((name) => ({ name, logical: logical ?? name }));
}

/** The lower devices brought up first: by ifupdown2 all, by ifupdown only that of a VLAN. */
function lowerDevices(
  device: string,
  {
    stanzas,
    ports,
    flavour,
  }: Pick<LoadedInterfaces, 'stanzas' | 'ports'> & Pick<LoadOptions, 'flavour'>,
): readonly string[] {
  const rawDevices = stanzas
    .filter(({ name }) => name === device)
    .flatMap(({ options }) => options)
    .filter(({ key }) => /^vlan[-_]raw[-_]device$/.test(key))
    .map(({ value }) => value);
  const [, parent] = /^(.+)\.\d+$/.exec(device) ?? [];
  const below = parent === undefined ? rawDevices : [...rawDevices, parent];
  const lower = flavour === 'ifupdown2' ? [...(ports.get(device) ?? []), ...below] : below;
  return lower.filter((name) => stanzas.some((stanza) => stanza.name === name));
}

function portsOf(stanzas: readonly Stanza[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    stanzas.map(({ name, options }) => [
      name,
      options
        .filter(({ key }) => /^(?:bridge|bond|ovs)[-_](?:ports|slaves|bonds)$|^slaves$/.test(key))
        .flatMap(({ value }) => value.split(/\s+/))
        .filter((port) => port !== 'none'),
    ]),
  );
}

function createdBy(stanzas: readonly Stanza[]): ReadonlySet<string> {
  const created = stanzas.filter(({ options }) =>
    options.some(({ key }) => /^(?:bridge|bond|ovs|vlan|vxlan|slaves)/.test(key)),
  );
  const commands = stanzas.flatMap(({ options }) =>
    options.flatMap(({ value }) =>
      [...value.matchAll(/\bip link add (?:dev |name )?(\S+)|\bbrctl addbr (\S+)/g)].map(
        ([, one, other]) => one ?? other ?? '',
      ),
    ),
  );
  return new Set([...created.map(({ name }) => name), ...commands]);
}
