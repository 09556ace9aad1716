/** Markup that is meant as such. No text can pass for it: only this code makes objects. */
export interface Html {
  readonly markup: string;
}

type Content = Html | string | number | undefined | readonly Content[];

/** Characters that mean something in HTML, and those that are not seen but change how others are shown. */
const special =
  // oxlint-disable-next-line no-control-regex -- They are what is looked for.
  /[&<>"'`=]|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Builds markup. Whatever is put in that is not markup itself is shown as text, also in an attribute. */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return {
    markup: strings.map((text, index) => text + markupOf(contents[index])).join(''),
  };
}

function markupOf(content: Content): string {
  if (content === undefined) {
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
