import { describe, expect, test } from 'vitest';

import { html } from './html.ts';

describe('html', () => {
  test.each([
    ['<script>', '&#60;script&#62;'],
    [`" onload='x'`, '&#34; onload&#61;&#39;x&#39;'],
    ['a&amp;b', 'a&#38;amp;b'],
    ['`', '&#96;'],
    ['two\nlines\tand ünïcode 🛠', 'two\nlines\tand ünïcode 🛠'],
    ['\u0000\u001b[31m\u007f\u009b', String.raw`\u0000\u001b[31m\u007f\u009b`],
    ['\u202Etxt.exe\u2066\u200b\ufeff', String.raw`\u202etxt.exe\u2066\u200b\ufeff`],
  ])('shows %j as text', (text, shown) => {
    expect(html`<p title="${text}">${text}</p>`.markup).toBe(`<p title="${shown}">${shown}</p>`);
  });

  test('accepts markup, lists, numbers and nothing', () => {
    const items = ['<a>', 2].map((item) => html`<i>${item}</i>`);
    expect(html`<b>${items}${undefined}${[]}</b>`.markup).toBe('<b><i>&#60;a&#62;</i><i>2</i></b>');
  });
});
