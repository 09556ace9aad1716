import type { ConfigFile } from '../model/declaration.ts';
import { matchesGlob } from '../parsers/glob.ts';
import { parseInterfaces } from '../parsers/interfaces.ts';
import type { InterfacesItem, Stanza } from '../parsers/interfaces.ts';
import { baseName, directoryOf } from './config-tree.ts';
import type { ConfigTree } from './config-tree.ts';

/** Where both systems begin to read. */
export const interfacesFile = '/etc/network/interfaces';
const maxDepth = 8;

type Flavour = 'ifupdown' | 'ifupdown2';

/**
 * Reads /etc/network/interfaces with all it includes, in order. In ifupdown the first mistake of a file ends it, and a
 * stanza has the options of the one it inherits from.
 */
export function readInterfaces(tree: ConfigTree, flavour: Flavour): readonly InterfacesItem[] {
  const stanzas = new Map<string, Stanza>();

  function* itemsOf(path: string, depth: number): Generator<InterfacesItem> {
    const file = tree.get(path);
    if (file === undefined || depth > maxDepth) {
      return;
    }
    for (const item of parseInterfaces(file.text, { file: path, dialect: flavour })) {
      if (item.kind === 'source') {
        for (const included of includedFiles(tree, item, { from: directoryOf(path), flavour })) {
          yield* itemsOf(included.path, depth + 1);
        }
        continue;
      }
      const read = item.kind === 'stanza' && flavour === 'ifupdown' ? inherit(item.stanza) : item;
      yield read;
      if (read.kind === 'error' && flavour === 'ifupdown') {
        return;
      }
    }
  }

  const inherit = (stanza: Stanza): InterfacesItem => {
    const [from] = stanza.inherits;
    const base = from === undefined ? undefined : stanzas.get(from);
    if (from !== undefined && base === undefined) {
      return { ...stanza, kind: 'error', message: 'no method' };
    }
    const resolved =
      base === undefined
        ? stanza
        : {
            ...stanza,
            method:
              stanza.method === 'inherits' || stanza.method === '' ? base.method : stanza.method,
            options: [...base.options, ...stanza.options],
          };
    stanzas.set(stanza.name, resolved);
    return { kind: 'stanza', stanza: resolved };
  };

  return [...itemsOf(interfacesFile, 0)];
}

function includedFiles(
  tree: ConfigTree,
  { pattern, directory }: Extract<InterfacesItem, { readonly kind: 'source' }>,
  { from, flavour }: { readonly from: string; readonly flavour: Flavour },
): readonly ConfigFile[] {
  // ifupdown2 resolves a relative path from its working directory.
  const base = flavour === 'ifupdown' ? from : '';
  const absolute = (pattern.startsWith('/') ? pattern : `${base}/${pattern}`).replace(/\/+$/, '');
  return [...tree.values()]
    .filter(({ path }) =>
      directory
        ? matchesPath(absolute, directoryOf(path)) && /^[\w-]+$/.test(baseName(path))
        : matchesPath(absolute, path),
    )
    .toSorted((one, other) => (one.path < other.path ? -1 : 1));
}

/** As glob(3): `*` stands for no slash, and for no dot at the beginning of a name. */
function matchesPath(pattern: string, path: string): boolean {
  const names = path.split('/');
  const parts = pattern.split('/');
  return (
    parts.length === names.length &&
    parts.every((part, index) => {
      const name = names[index] ?? '';
      return matchesGlob(part, name) && (!name.startsWith('.') || part.startsWith('.'));
    })
  );
}
