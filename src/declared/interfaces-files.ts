import { matchesGlob } from '../parsers/glob.ts';
import type { InterfacesItem, InterfacesLine, Stanza } from '../parsers/interfaces.ts';
import type { ConfigTree } from './config-tree.ts';
import { mapDevice } from './interface-mapping.ts';
import { interfacesFile, readInterfaces } from './interfaces-includes.ts';

/** Max devices of `eno[1-N]`. */
const maxRange = 1000;

/** A device that is brought up at boot, and its stanzas. */
export interface Activation {
  readonly device: string;
  readonly stanzas: readonly Stanza[];
  /** The script that chooses one of the stanzas; undefined where all are run. */
  readonly chosenBy: string | undefined;
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
  /** Patterns of devices for which ifupdown's hooks are not run. */
  readonly noScripts: readonly string[];
  /** Devices that stanzas create. */
  readonly created: ReadonlySet<string>;
}

export interface LoadOptions {
  readonly flavour: 'ifupdown' | 'ifupdown2';
  readonly deviceNames: readonly string[];
  /** Whether something brings up the devices of `allow-hotplug` at boot. */
  readonly hasHotplug: boolean;
}

/** Loads /etc/network/interfaces with all it includes, and says what is brought up at boot. */
export function loadInterfaces(
  tree: ConfigTree,
  { flavour, deviceNames, hasHotplug }: LoadOptions,
): LoadedInterfaces {
  const items = readInterfaces(tree, flavour);
  const stanzas = items.flatMap((item) => (item.kind === 'stanza' ? [item.stanza] : []));
  const strays = items.flatMap((item) => (item.kind === 'error' ? [item] : []));
  const ports = portsOf(stanzas, deviceNames);
  const created = createdBy(stanzas);
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
  const devicesOf = (isOfClass: (group: string) => boolean) =>
    items.flatMap((item, index) =>
      item.kind === 'auto' && isOfClass(item.class)
        ? item.patterns
            .flatMap((pattern) => expandAuto(pattern, { names, flavour }))
            // ifupdown2 looks when it reads a stanza whether it is to be brought up.
            .filter(({ name }) => flavour === 'ifupdown' || isDefined(name, items.slice(index)))
        : [],
    );
  for (const { name, logical } of devicesOf((group) => group === 'auto')) {
    bringUp(name, logical);
  }
  // What ifupdown makes itself does not appear before it is brought up.
  for (const { name, logical } of hasHotplug ? devicesOf(isHotplugClass[flavour]) : []) {
    if (deviceNames.includes(name) && !created.has(name)) {
      bringUp(name, logical);
    }
  }
  const mappings = items.flatMap((item) => (item.kind === 'mapping' ? [item] : []));
  return {
    stanzas,
    activations: [...up].map(([device, logical]) => {
      const { names: chosen, chosenBy } = mapDevice(device, logical, mappings);
      return { device, stanzas: stanzas.filter(({ name }) => chosen.includes(name)), chosenBy };
    }),
    isRefused: flavour === 'ifupdown' && strays.some(({ file }) => file === interfacesFile),
    strays,
    ports,
    created,
    noScripts: items.flatMap((item) => (item.kind === 'no-scripts' ? item.patterns : [])),
  };
}

function isDefined(device: string, items: readonly InterfacesItem[]): boolean {
  return items.some((item) => item.kind === 'stanza' && item.stanza.name === device);
}

/** Brought up by udev's ifup@.service, or by start-networking of ifupdown2. */
const isHotplugClass: Readonly<Record<LoadOptions['flavour'], (name: string) => boolean>> = {
  ifupdown: (name) => name === 'hotplug',
  ifupdown2: (name) => name === 'hotplug' || name === 'mgmt',
};

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
    if (pattern === 'all') {
      return names.map((name) => ({ name, logical: name }));
    }
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
  const started = stanzas
    .filter(({ name }) => name === device)
    .flatMap(({ options }) => options.filter(({ key }) => /^(?:pre-up|up|post-up)$/.test(key)))
    .flatMap(({ value }) => [...value.matchAll(/\bifup (?:-\S+ )*([\w.@-]+)/g)])
    .map(([, name = '']) => name);
  const below = [...rawDevices, ...started, ...(parent === undefined ? [] : [parent])];
  const lower = flavour === 'ifupdown2' ? [...(ports.get(device) ?? []), ...below] : below;
  return lower.filter((name) => stanzas.some((stanza) => stanza.name === name));
}

function portsOf(
  stanzas: readonly Stanza[],
  deviceNames: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  return new Map(
    stanzas.map(({ name, options }) => [
      name,
      options
        .filter(({ key }) => /^(?:bridge|bond|ovs)[-_](?:ports|slaves|bonds)$|^slaves$/.test(key))
        .flatMap(({ value }) => expandPorts(value.split(/\s+/), deviceNames))
        .filter((port) => port !== 'none'),
    ]),
  );
}

/** ifupdown2 knows `glob eno[1-4]` and `regex eno.*`, both `all`. */
function expandPorts(words: readonly string[], deviceNames: readonly string[]): readonly string[] {
  let kind = '';
  return words.flatMap((word) => {
    if (word === 'glob' || word === 'regex') {
      kind = word;
      return [];
    }
    const isNamed = kind === '' || !/[*?[.\\(+|]/.test(word);
    return isNamed
      ? [word]
      : kind === 'glob'
        ? expandAuto(word, { names: deviceNames, flavour: 'ifupdown2' }).map(({ name }) => name)
        : deviceNames.filter((name) => matchesExpression(word, name));
  });
}

/** A wrong expression is for none. */
function matchesExpression(expression: string, text: string): boolean {
  try {
    return new RegExp(`^${expression}`).test(text);
  } catch {
    return false;
  }
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
