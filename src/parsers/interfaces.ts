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
  /** Such as `static`; empty where it is inherited. */
  readonly method: string;
  readonly inherits: readonly string[];
  readonly options: readonly StanzaOption[];
}

/** A part of a file of interfaces(5). */
export type InterfacesItem =
  | { readonly kind: 'stanza'; readonly stanza: Stanza }
  /** Devices for which the scripts in if-up.d and its like are not run. */
  | { readonly kind: 'no-scripts'; readonly patterns: readonly string[] }
  /** `auto` is the class auto, `allow-hotplug` the class hotplug. */
  | { readonly kind: 'auto'; readonly class: string; readonly patterns: readonly string[] }
  /** A script that says which stanza is for a device. */
  | {
      readonly kind: 'mapping';
      readonly patterns: readonly string[];
      readonly options: readonly StanzaOption[];
    }
  | (InterfacesLine & {
      readonly kind: 'source';
      readonly directory: boolean;
      readonly pattern: string;
    })
  /** A line outside a stanza, a stanza without a method, or an option without a value. */
  | (InterfacesLine & {
      readonly kind: 'error';
      readonly message: ErrorMessage;
    });

type ErrorMessage = 'misplaced' | 'no method' | 'no value';

/** Words that begin something else than an option. */
const openers = {
  ifupdown: new Set(['iface', 'mapping', 'no-auto-down', 'rename']),
  ifupdown2: new Set(['iface', 'vlan']),
} as const;

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
  let isMapping = false;
  for (const joined of logicalLines(text, dialect)) {
    const line = { ...joined, file };
    const [word = '', ...rest] = line.text.split(blanks);
    const value = trim(line.text.slice(word.length));
    const fail = (message: ErrorMessage): void => {
      items.push({ ...line, kind: 'error', message });
    };
    if (word === 'auto' || word.startsWith('allow-')) {
      options = undefined;
      items.push({ kind: 'auto', class: word.replace('allow-', ''), patterns: rest });
    } else if (word === 'no-scripts' && dialect === 'ifupdown') {
      options = undefined;
      items.push({ kind: 'no-scripts', patterns: rest });
    } else if (word === 'source' || (dialect === 'ifupdown' && word.startsWith('source-dir'))) {
      options = undefined;
      const patterns = dialect === 'ifupdown' ? rest : rest.slice(0, 1);
      // Only the first is taken from where the file lies.
      for (const [index, given] of patterns.entries()) {
        const pattern = index === 0 || given.startsWith('/') ? given : `/${given}`;
        items.push({ ...line, kind: 'source', directory: word !== 'source', pattern });
      }
    } else if (openers[dialect].has(word)) {
      options = word === 'no-auto-down' || word === 'rename' ? undefined : [];
      isMapping = word === 'mapping';
      const inherited = rest.indexOf('inherits');
      const inherits = inherited < 0 ? [] : rest.slice(inherited + 1, inherited + 2);
      const isDefined = dialect === 'ifupdown2' || inherits.length > 0 || isMethod(rest);
      if (word === 'iface' && !isDefined) {
        fail('no method');
      } else if (word === 'iface' && options !== undefined) {
        const [name = ''] = rest[0]?.split(dialect === 'ifupdown' ? '\n' : ':') ?? [];
        const stanza = { ...line, name, method: rest[2] ?? '', inherits, options };
        items.push({ kind: 'stanza', stanza });
      } else if (isMapping && options !== undefined) {
        items.push({ kind: 'mapping', patterns: rest, options });
      }
    } else if (options === undefined || (isMapping && word !== 'script' && word !== 'map')) {
      fail('misplaced');
    } else if (value === '') {
      fail('no value');
    } else if (!word.endsWith('?') || dialect === 'ifupdown2') {
      options.push({ ...line, key: word, value });
    } else if (!options.some(({ key }) => `${key}?` === word)) {
      options.push({ ...line, key: word.slice(0, -1), value });
    }
  }
  return items;
}

/** Of a C program in the locale C: neither the mark of byte order nor a no-break space is one. */
const blanks = /[ \t\v\f\r]+/;

function trim(text: string): string {
  return text.replaceAll(/^[ \t\v\f\r]+|[ \t\v\f\r]+$/g, '');
}

/** Address family and method stand behind the name. @see inet.defn and its like in ifupdown */
function isMethod([, family = '', method = '']: readonly string[]): boolean {
  return methods[family]?.includes(method) === true;
}

const methods: Readonly<Record<string, readonly string[]>> = {
  inet: 'auto bootp dhcp ipv4ll loopback manual ppp static tunnel wvdial'.split(' '),
  inet6: '6to4 auto dhcp loopback manual ppp static tunnel v4tunnel'.split(' '),
  ipx: ['dynamic', 'static'],
  can: ['static'],
};

function logicalLines(
  text: string,
  dialect: 'ifupdown' | 'ifupdown2',
): readonly Omit<InterfacesLine, 'file'>[] {
  // For ifupdown2 blanks may follow the backslash.
  const plain = dialect === 'ifupdown' ? text : text.replaceAll(/\\[ \t\r]+$/gm, '\\');
  return joinContinued(plain, {
    isSkipped: (line, isContinuation) => !isContinuation && /^[ \t\v\f\r]*(?:#|$)/.test(line),
  }).map((joined) => ({ line: joined.line, text: trim(joined.text) }));
}
