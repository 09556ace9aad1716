import type { FileEdit } from '../model/check-report.ts';
import type { Declaration, IgnoredReason } from '../model/declaration.ts';
import { loadInterfaces } from '../declared/interfaces-files.ts';
import type { Stanza } from '../parsers/interfaces.ts';
import type { RecipeOptions } from './recipe.ts';
import { switchCommand } from './switch-words.ts';
import type { Switch } from './switch-words.ts';

interface InterfacesOptions {
  readonly flavour: 'ifupdown' | 'ifupdown2';
  readonly switches: readonly Switch[];
}

/** Reasons for which lines are removed: they have no effect, or break others. */
const brokenReasons: ReadonlySet<IgnoredReason> = new Set([
  'breaks-the-start',
  'not-a-command',
  'other-systems-key',
  'unknown-feature',
  'unknown-key',
  'unparsed-value',
  'wrong-device',
]);
const ifupdown2Names = new Set(['tso', 'gso', 'gro', 'lro', 'tx', 'rx']);

/** Edits of interfaces(5) that set the features of a device in its stanza; undefined if it has none. */
export function editInterfaces(
  { device, wanted, declarations, input }: RecipeOptions,
  { flavour, switches }: InterfacesOptions,
): readonly FileEdit[] | undefined {
  const loaded = loadInterfaces(input.tree, {
    flavour,
    deviceNames: input.devices.map(({ name }) => name),
    hasHotplug: input.installed.hotplug,
  });
  if (loaded.isRefused) {
    return undefined;
  }
  const stanza = loaded.stanzas.find(({ name }) => name === device.name);
  const isPort = [...loaded.ports.values()].some((ports) => ports.includes(device.name));
  if (stanza === undefined && !isPort) {
    return undefined;
  }
  const isOpposite = ({ settings, outcome }: Declaration): boolean =>
    outcome.kind === 'applies' &&
    settings.some((own) =>
      wanted.some(({ feature, enabled }) => own.feature === feature && own.enabled !== enabled),
    );
  /** In its own stanza, also a line for a missing device, which aborts the rest. */
  const isBroken = ({ outcome, file, line, ...row }: Declaration): boolean =>
    outcome.kind === 'ignored' &&
    (row.device === device.name
      ? brokenReasons.has(outcome.reason)
      : outcome.reason === 'no-such-device' &&
        stanza?.options.some((option) => option.file === file && option.line === line) === true);
  const removed = declarations.filter(
    (row) =>
      row.source === flavour && (isBroken(row) || (row.device === device.name && isOpposite(row))),
  );
  const isRemoved = (file: string, line: number): boolean =>
    removed.some((row) => row.file === file && row.line === line);
  const kept = new Set(
    stanza?.options
      .filter(({ file, line }) => !isRemoved(file, line))
      .map(({ key }) => key.toLowerCase().replaceAll('_', '-'))
      .filter((key) => !key.endsWith('up')),
  );
  const lines = stanzaLines(switches, flavour).filter(
    (line) => !kept.has(line.trim().split(' ')[0] ?? ''),
  );
  const isUp = loaded.activations.some(({ stanzas }) =>
    stanzas.some(({ name }) => name === device.name),
  );
  const place = placeOf(stanza, { name: device.name, tree: input.tree });
  const inserts = [
    ...(isUp || flavour === 'ifupdown2'
      ? []
      : [{ after: Math.max(0, place.after - 1), lines: [`auto ${device.name}`] }]),
    { after: place.after, lines: [...place.opening, ...lines] },
  ];
  const files = new Set([place.file, ...removed.map(({ file }) => file)]);
  return [...files].flatMap((file): readonly FileEdit[] => {
    const remove = [...new Set(removed.filter((row) => row.file === file).map(({ line }) => line))];
    const [first, ...others] =
      file === place.file ? inserts.filter(({ lines: own }) => own.length > 0) : [];
    return first === undefined
      ? [{ file, remove }]
      : [
          { file, remove, insert: first },
          ...others.map((insert) => ({ file, remove: [], insert })),
        ];
  });
}

function stanzaLines(
  switches: readonly Switch[],
  flavour: InterfacesOptions['flavour'],
): readonly string[] {
  const hasKey = ({ name }: Switch): boolean =>
    flavour === 'ifupdown' ? !name.includes('_') : ifupdown2Names.has(name);
  const others = switches.filter((row) => !hasKey(row));
  return [
    ...switches.filter(hasKey).map(({ name, enabled }) => {
      const key = flavour === 'ifupdown' ? `offload-${name}` : `${name}-offload`;
      return `    ${key} ${enabled ? 'on' : 'off'}`;
    }),
    ...(others.length === 0
      ? []
      : [`    post-up ${switchCommand('$IFACE', others, '/usr/sbin/ethtool')}`]),
  ];
}

/** After the first line of the stanza; a port without a stanza gets one at the end of the file. */
function placeOf(
  stanza: Stanza | undefined,
  { name, tree }: { readonly name: string; readonly tree: RecipeOptions['input']['tree'] },
): { readonly file: string; readonly after: number; readonly opening: readonly string[] } {
  if (stanza !== undefined) {
    return { file: stanza.file, after: stanza.line, opening: [] };
  }
  const file = '/etc/network/interfaces';
  const text = tree.get(file)?.text ?? '';
  const after = text.replace(/\n$/, '').split('\n').length;
  return { file, after, opening: ['', `iface ${name} inet manual`] };
}
