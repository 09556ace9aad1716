const states: Readonly<Record<string, string>> = {
  on: 'true',
  off: 'false',
  yes: 'true',
  no: 'false',
};

/**
 * Converts the output of `nmcli --terse` for one profile to the text of its keyfile, without unset values.
 *
 * One real line: `ethtool.feature-tso:off`
 *
 * @see nmcli(1)
 */
export function parseNmcliProfile(text: string): string {
  const sections = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [, section = '', key = '', value = ''] = /^([\w-]+)\.([\w-]+):(.+)$/.exec(line) ?? [];
    if (section !== '') {
      const plain = value.replaceAll(/\\([:\\])/g, '$1');
      const name = section === '802-3-ethernet' ? 'ethernet' : section;
      const lines = sections.get(name) ?? [];
      lines.push(`${key}=${key === 'id' ? plain : (states[plain] ?? plain)}`);
      sections.set(name, lines);
    }
  }
  return [...sections].map(([name, lines]) => `[${name}]\n${lines.join('\n')}\n`).join('\n');
}
