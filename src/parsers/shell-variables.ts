export interface ShellVariable {
  readonly name: string;
  /** Without quotes, not expanded. */
  readonly value: string;
  /** Whether a shell would expand it: in double quotes or none. */
  readonly isExpanded: boolean;
  readonly line: number;
  readonly text: string;
}

/**
 * Parses the assignments of an ifcfg file, which some programs source as shell and others parse as text.
 *
 * One real line: `ETHTOOL_OPTS="-K eno1 tso off; -G eno1 rx 4096"`
 */
export function parseShellVariables(text: string): readonly ShellVariable[] {
  return text.split('\n').flatMap((raw, index) => {
    const [, name, given = ''] = /^\s*(?:export\s+)?([A-Za-z_]\w*)=(.*)$/.exec(raw) ?? [];
    if (name === undefined) {
      return [];
    }
    const [, single] = /^'([^']*)'/.exec(given) ?? [];
    const [, double] = /^"((?:[^"\\]|\\.)*)"/.exec(given) ?? [];
    const value = single ?? double ?? given.split(/\s/)[0] ?? '';
    return [{ name, value, isExpanded: single === undefined, line: index + 1, text: raw.trim() }];
  });
}
