import { joinContinued } from './lines.ts';

/** A line of interfaces(5), with its continuation lines. */
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

/** A part of a file of interfaces(5). */
export type InterfacesItem =
  | { readonly kind: 'stanza'; readonly stanza: Stanza }
  | { readonly kind: 'auto'; readonly patterns: readonly string[] }
  | (InterfacesLine & {
      readonly kind: 'source';
      readonly directory: boolean;
      readonly pattern: string;
    })
  /** A line outside a stanza, a stanza without a method, or an option without a value. */
  | (InterfacesLine & {
      readonly kind: 'error';
      readonly message: 'misplaced' | 'no method' | 'no value';
    });

const openers = new Set(['iface', 'mapping', 'template', 'no-auto-down', 'no-scripts', 'rename']);

/**
 * Parses a file of interfaces(5) as ifupdown or ifupdown2 does. `source-directory` is not a keyword of ifupdown2, but an option
 * of the stanza above it.
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
  for (const joined of joinContinued(text, { isSkipped })) {
    const line = { file, line: joined.line, text: joined.text.trim() };
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

function isSkipped(line: string, isContinuation: boolean): boolean {
  return !isContinuation && /^\s*(?:#|$)/.test(line);
}
