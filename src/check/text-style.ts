import type { CheckResultKind } from '../model/check-report.ts';

/** Layout of text on a terminal. */
export interface TextStyle {
  readonly width: number;
  readonly color: boolean;
  readonly unicode: boolean;
}

/** What output goes to. */
export interface Terminal {
  readonly isTerminal: boolean;
  readonly columns: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const maxWidth = 100;
const minWidth = 60;

/** The layout that suits a terminal. */
export function styleFor(
  color: 'auto' | 'always' | 'never',
  { isTerminal, columns = maxWidth, env }: Terminal,
): TextStyle {
  const locale = env['LC_ALL'] ?? env['LC_CTYPE'] ?? env['LANG'] ?? '';
  return {
    width: Math.max(minWidth, Math.min(columns, maxWidth)),
    color: color === 'always' || (color === 'auto' && isTerminal && (env['NO_COLOR'] ?? '') === ''),
    unicode: /utf-?8/i.test(locale),
  };
}

type Paint = 'green' | 'yellow' | 'red' | 'blue' | 'dim' | 'bold';

const codes: Readonly<Record<Paint, string>> = {
  green: '32',
  yellow: '33',
  red: '31',
  blue: '34',
  dim: '2',
  bold: '1',
};

const signs: Readonly<
  Record<CheckResultKind, { readonly sign: string; readonly ascii: string; readonly paint: Paint }>
> = {
  ok: { sign: '✓', ascii: 'ok', paint: 'green' },
  info: { sign: '✓', ascii: 'ok', paint: 'green' },
  warning: { sign: '!', ascii: '!!', paint: 'yellow' },
  critical: { sign: '✗', ascii: 'XX', paint: 'red' },
  unknown: { sign: '?', ascii: '??', paint: 'blue' },
};

/** Colors a text, if colors are enabled. */
export function paint(text: string, { color }: TextStyle, ...paints: readonly Paint[]): string {
  return color && text !== ''
    ? `\u001B[${paints.map((name) => codes[name]).join(';')}m${text}\u001B[0m`
    : text;
}

/** The symbol of a result, which must not depend on color. */
export function signOf(result: CheckResultKind, style: TextStyle): string {
  const { sign, ascii, paint: color } = signs[result];
  return paint(style.unicode ? sign : ascii, style, color);
}

/** Wraps a text at words. Lines after the first are indented. */
export function wrap(
  text: string,
  {
    first,
    indent,
    width,
  }: { readonly first: number; readonly indent: string; readonly width: number },
): string {
  const lines: string[] = [''];
  let room = width - first;
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(word);
      room = width - indent.length;
    } else {
      lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
    }
  }
  return lines.join(`\n${indent}`);
}

/** Truncates a text that is too long for its line. */
export function cut(text: string, length: number, { unicode }: TextStyle): string {
  const mark = unicode ? '…' : '...';
  return text.length <= length
    ? text
    : `${text.slice(0, Math.max(1, length - mark.length))}${mark}`;
}

/** Escapes control characters: names and kernel messages may contain escape sequences. */
export function plain(text: string): string {
  return text.replaceAll(
    // oxlint-disable-next-line no-control-regex -- They are what is escaped.
    /[\u0000-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]/g,
    (character) => {
      const code = character.codePointAt(0) ?? 0;
      return code < 256
        ? `\\x${code.toString(16).padStart(2, '0')}`
        : `\\u${code.toString(16).padStart(4, '0')}`;
    },
  );
}
