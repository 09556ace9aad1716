/** One comparison or assignment of a rule. */
export interface UdevToken {
  readonly key: string;
  /** In braces: `ATTR{address}`. */
  readonly attribute: string | undefined;
  readonly operator: string;
  readonly value: string;
  /** Compared without regard to case. */
  readonly isCaseInsensitive: boolean;
}

export interface UdevRule {
  readonly line: number;
  readonly text: string;
  readonly tokens: readonly UdevToken[];
  /** A part of it is no token: udev leaves the whole rule out. */
  readonly isBroken: boolean;
}

/**
 * Parses udev rules, one for each line that is not empty.
 *
 * One real line: `ACTION=="add", SUBSYSTEM=="net", KERNELS=="0000:00:1f.6", RUN+="/usr/sbin/ethtool -K $name tso off"`
 *
 * @see udev(7)
 */
export function parseUdevRules(text: string): readonly UdevRule[] {
  const rules: UdevRule[] = [];
  let open: { line: number; text: string } | undefined;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    if (/^[ \t]*#/.test(raw)) {
      continue;
    }
    const isContinued = raw.endsWith('\\');
    const part = isContinued ? raw.slice(0, -1) : raw;
    open =
      open === undefined ? { line: index + 1, text: part } : { ...open, text: open.text + part };
    if (!isContinued) {
      if (open.text.trim() !== '') {
        rules.push({ ...open, text: open.text.trim(), ...parseTokens(open.text) });
      }
      open = undefined;
    }
  }
  return rules;
}

const tokenPattern =
  /([A-Z_]+)(?:\{([^}]*)\})?\s*(==|!=|\+=|-=|:=|=)\s*(?:e"((?:[^"\\]|\\.)*)"|(i?)"((?:[^"\\]|\\.)*)")/g;

function parseTokens(text: string): Pick<UdevRule, 'tokens' | 'isBroken'> {
  const tokens = [...text.matchAll(tokenPattern)].map(
    ([, key = '', attribute, operator = '', escaped, flag, plain]) => ({
      key,
      attribute,
      operator,
      value: (escaped ?? plain ?? '').replaceAll('\\"', '"'),
      isCaseInsensitive: flag === 'i',
    }),
  );
  // A mark of byte order is no blank.
  return { tokens, isBroken: /[^ \t\r,]/.test(text.replaceAll(tokenPattern, '')) };
}
