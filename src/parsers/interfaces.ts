/** A line of interfaces(5), continued lines joined. */
export interface InterfacesLine {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** One option of a stanza. */
export interface StanzaOption extends InterfacesLine {
  readonly key: string;
  readonly value: string;
}

export interface Stanza extends InterfacesLine {
  readonly name: string;
  readonly inherits: readonly string[];
  readonly options: readonly StanzaOption[];
}

/** What a file of interfaces(5) says, in its order. */
export type InterfacesItem =
  | { readonly kind: 'stanza'; readonly stanza: Stanza }
  | { readonly kind: 'auto'; readonly patterns: readonly string[] }
  | (InterfacesLine & {
      readonly kind: 'source';
      readonly directory: boolean;
      readonly pattern: string;
    })
  /** A line that belongs to no stanza, a stanza without a method, an option without a value. */
  | (InterfacesLine & {
      readonly kind: 'error';
      readonly message: 'misplaced' | 'no method' | 'no value';
    });

const openers = new Set(['iface', 'mapping', 'template', 'no-auto-down', 'no-scripts', 'rename']);

/**
 * Parses a file of interfaces(5) as ifupdown does, or as ifupdown2 does, for which `source-directory` is no keyword: below
 * a stanza it is one of its options.
 *
 * One real line: `    post-up ethtool -K eno1 tso off gso off`
 *
 * @see interfaces(5), interfaces-ifupdown2(5)
 */
export function parseInterfaces(
  text: string,
  { file, dialect }: { readonly file: string; readonly dialect: 'ifupdown' | 'ifupdown2' },
): readonly InterfacesItem[] {
  const items: InterfacesItem[] = [];
  let options: StanzaOption[] | undefined;
  for (const joined of logicalLines(text)) {
    const line = { ...joined, file };
    const [word = '', ...rest] = line.text.split(/\s+/);
    const value = line.text.slice(word.length).trim();
    if (word === 'auto' || word.startsWith('allow-')) {
      options = undefined;
      if (word === 'auto' || word === 'allow-auto' || word === 'allow-hotplug') {
        items.push({ kind: 'auto', patterns: rest });
      }
    } else if (word === 'source' || (word === 'source-directory' && dialect === 'ifupdown')) {
      options = undefined;
      for (const pattern of rest) {
        items.push({ ...line, kind: 'source', directory: word === 'source-directory', pattern });
      }
    } else if (openers.has(word)) {
      options = [];
      if (word === 'iface' && rest.length < 3 && dialect === 'ifupdown') {
        items.push({ ...line, kind: 'error', message: 'no method' });
      } else if (word === 'iface') {
        const inherited = rest.indexOf('inherits');
        const inherits = inherited < 0 ? [] : rest.slice(inherited + 1, inherited + 2);
        const stanza = { ...line, name: rest[0] ?? '', inherits, options };
        items.push({ kind: 'stanza', stanza });
      }
    } else if (options === undefined) {
      items.push({ ...line, kind: 'error', message: 'misplaced' });
    } else if (value === '') {
      items.push({ ...line, kind: 'error', message: 'no value' });
    } else {
      options.push({ ...line, key: word, value });
    }
  }
  return items;
}

function logicalLines(text: string): readonly Omit<InterfacesLine, 'file'>[] {
  const lines: Omit<InterfacesLine, 'file'>[] = [];
  let open: Omit<InterfacesLine, 'file'> | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    if (open === undefined && /^\s*(?:#|$)/.test(raw)) {
      continue;
    }
    const isContinued = raw.endsWith('\\');
    const part = isContinued ? raw.slice(0, -1) : raw;
    open =
      open === undefined
        ? { line: index + 1, text: part.trimStart() }
        : { ...open, text: open.text + part };
    if (!isContinued) {
      lines.push({ ...open, text: open.text.trim() });
      open = undefined;
    }
  }
  return open === undefined ? lines : [...lines, { ...open, text: open.text.trim() }];
}
