import { joinContinued } from './lines.ts';

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
  /** Part of it is not a token: udev ignores the whole rule. */
  readonly isBroken: boolean;
}

/**
 * Parses udev rules, one per line that is not empty.
 *
 * One real line: `ACTION=="add", SUBSYSTEM=="net", KERNELS=="0000:00:1f.6", RUN+="/usr/sbin/ethtool -K $name tso off"`
 *
 * @see udev(7)
 */
export function parseUdevRules(text: string): readonly UdevRule[] {
  // udev ignores a last line that is to be continued.
  return joinContinued(text.replaceAll('\r\n', '\n'), {
    isSkipped: (line) => /^[ \t]*#/.test(line),
  })
    .filter((rule) => !rule.isUnfinished && rule.text.trim() !== '')
    .map((rule) => ({ line: rule.line, text: rule.text.trim(), ...parseTokens(rule.text) }));
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
