import type { Check, Evidence, FileEdit, PersistentFix } from '../model/check-report.ts';
import { cut, paint, plain, signOf, wrap } from './text-style.ts';
import type { TextStyle } from './text-style.ts';

export interface FindingOptions {
  readonly style: TextStyle;
  /** The lines of a file of the host; undefined if it is missing. */
  readonly linesOf: (file: string) => readonly string[] | undefined;
}

const labelColumn = 6;
const textColumn = 15;
const numberColumn = 13;
const indent = ' '.repeat(textColumn);

/** A complete finding: the problem, its evidence, and the edits that fix it. */
export function renderFinding(check: Check, options: FindingOptions): string {
  const { style } = options;
  const { headline, evidence, why, fix, read, result } = check;
  const sign = signOf(result, style);
  const width = style.unicode ? 1 : 2;
  const head = wrap(plain(headline), {
    first: 3 + width,
    indent: ' '.repeat(3 + width),
    width: style.width,
  });
  const isGrave = result === 'critical';
  return [
    `  ${sign} ${head
      .split('\n')
      .map((line) =>
        line.replace(/\S.*$/, (text) =>
          isGrave ? paint(text, style, 'red', 'bold') : paint(text, style, 'bold'),
        ),
      )
      .join('\n')}`,
    ...labelled(
      'seen',
      evidence.map((row) => evidenceLine(row, evidence, style)),
      style,
    ),
    ...(why === undefined ? [] : wrapped('why', why, style)),
    ...(fix === undefined || fix.now.length === 0 ? [] : commands('now', fix.now, style)),
    ...(fix?.persist === undefined ? [] : persistLines(fix.persist, options)),
    ...(fix?.or === undefined ? [] : wrapped('or', fix.or, style)),
    ...(read === undefined ? [] : labelled('read', [paint(plain(read), style, 'dim')], style)),
  ].join('\n');
}

function evidenceLine(
  { file, line, text }: Evidence,
  all: readonly Evidence[],
  style: TextStyle,
): string {
  const place = file === undefined ? '' : `${file}${line === undefined ? '' : `:${line}`}`;
  const column = Math.max(
    ...all.map((row) => (row.file === undefined ? 0 : `${row.file}:${row.line ?? ''}`.length)),
  );
  const shown = place === '' ? '' : `${place.padEnd(column)}   `;
  const rest = cut(plain(text), Math.max(20, style.width - textColumn - shown.length), style);
  return `${paint(shown, style, 'dim')}${rest}`;
}

function persistLines(fix: PersistentFix, options: FindingOptions): readonly string[] {
  const { style } = options;
  const { edits, note, apply, careful, commands: declare } = fix;
  const head = note === undefined ? [] : wrapped('to last', note, style);
  const body =
    declare.length > 0
      ? commands('to last', declare, style)
      : [...new Set(edits.map(({ file }) => file))].flatMap((file, index) => [
          ...(head.length === 0 && index === 0
            ? labelled('to last', [paint(file, style, 'dim')], style)
            : [`${indent}${paint(file, style, 'dim')}`]),
          ...editLines(
            edits.filter((edit) => edit.file === file),
            { ...options, file },
          ),
        ]);
  return [
    ...head,
    ...body,
    ...(apply.length === 0 ? [] : commands('apply', apply, style)),
    ...(careful === undefined ? [] : wrapped('careful', careful, style)),
  ];
}

/** The lines around an edit with their numbers, inserted and removed ones marked. */
function editLines(
  edits: readonly FileEdit[],
  { style, linesOf, file }: FindingOptions & { readonly file: string },
): readonly string[] {
  const remove = edits.flatMap((edit) => edit.remove);
  const inserts = edits.flatMap(({ insert }) => insert ?? []);
  const lines = linesOf(file);
  const isNew = lines === undefined;
  const added = (text: string): string =>
    `${' '.repeat(numberColumn)}${paint(`+${isNew ? ' ' : '   '}${text}`, style, 'green', 'bold')}`;
  const rows = new Map<number, string[]>();
  const add = (number: number, row: string): void => {
    rows.set(number, [...(rows.get(number) ?? []), row]);
  };
  const context = (number: number): void => {
    const text = lines?.[number - 1];
    if (text !== undefined && text.trim() !== '' && !remove.includes(number) && !rows.has(number)) {
      add(number, numbered(number, ' ', plain(text)));
    }
  };
  for (const { after } of inserts) {
    context(after);
  }
  for (const number of remove) {
    add(
      number,
      numbered(number, '', '').trimEnd() +
        `  ${paint(`- ${plain(lines?.[number - 1] ?? '')}`, style, 'red')}`,
    );
  }
  for (const { after, lines: own } of inserts) {
    for (const text of own) {
      add(after, added(text));
    }
  }
  for (const { after } of inserts) {
    const next = (lines ?? []).findIndex((text, index) => index >= after && text.trim() !== '');
    if (next >= 0) {
      context(next + 1);
    }
  }
  return [...rows].toSorted(([one], [other]) => one - other).flatMap(([, row]) => row);
}

function labelled(label: string, texts: readonly string[], style: TextStyle): readonly string[] {
  return texts.map((text, index) =>
    index === 0
      ? `${' '.repeat(labelColumn)}${paint(label, style, 'dim')}${' '.repeat(textColumn - labelColumn - label.length)}${text}`
      : `${indent}${text}`,
  );
}

function wrapped(label: string, text: string, style: TextStyle): readonly string[] {
  return labelled(
    label,
    [wrap(plain(text), { first: textColumn, indent, width: style.width })],
    style,
  );
}

/** Each on its own line, to be copied. */
function commands(label: string, lines: readonly string[], style: TextStyle): readonly string[] {
  return [
    `${' '.repeat(labelColumn)}${paint(label, style, 'dim')}`,
    ...lines.map((line) => `${' '.repeat(labelColumn)}${paint(line, style, 'bold')}`),
  ];
}

function numbered(number: number, mark: string, text: string): string {
  return `${String(number).padStart(numberColumn)}  ${mark} ${text}`;
}
