/** Trusted markup. Text cannot pass for it: only this file creates such objects. */
export interface Html {
  readonly markup: string;
}

/** `undefined` and `false` are left out. */
type Content = Html | string | number | false | undefined | readonly Content[];

/** Special characters of HTML, and invisible characters that change how others are displayed. */
const special =
  // oxlint-disable-next-line no-control-regex -- They are what is looked for.
  /[&<>"'`=]|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Builds markup. Interpolated values are escaped unless they are markup, also in attributes. */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return { markup: strings.map((text, index) => text + markupOf(contents[index])).join('') };
}

function markupOf(content: Content): string {
  if (content === undefined || content === false) {
    return '';
  }
  if (typeof content === 'string' || typeof content === 'number') {
    return escape(String(content));
  }
  return 'markup' in content ? content.markup : content.map(markupOf).join('');
}

function escape(text: string): string {
  return text.replace(special, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return '&<>"\'`='.includes(character)
      ? `&#${code};`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
