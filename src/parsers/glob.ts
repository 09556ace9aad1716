/** Whether the whole text matches a pattern with `*`, `?` and `[…]`, as in fnmatch(3). */
export function matchesGlob(pattern: string, text: string): boolean {
  let source = '';
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern[index] ?? '';
    const bracket = /^\[(!|\^)?(\]?[^\]]*)\]/.exec(pattern.slice(index));
    if (character === '*') {
      source += '.*';
    } else if (character === '?') {
      source += '.';
    } else if (bracket !== null) {
      const [whole, negation, set = ''] = bracket;
      source += `[${negation === undefined ? '' : '^'}${set.replaceAll(/[\\\]^]/g, String.raw`\$&`)}]`;
      index += whole.length - 1;
    } else {
      source += character.replaceAll(/[\\^$.|+()[\]{}]/g, String.raw`\$&`);
    }
  }
  return new RegExp(`^${source}$`, 's').test(text);
}
