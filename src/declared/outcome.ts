import type { Declaration, IgnoredReason } from '../model/declaration.ts';

/** The declaration, without effect. */
export function ignore(
  declaration: Declaration,
  reason: IgnoredReason,
  detail?: string,
): Declaration {
  const outcome = { kind: 'ignored' as const, reason };
  return { ...declaration, outcome: detail === undefined ? outcome : { ...outcome, detail } };
}

/** The declaration, with an unknown effect unless it has none. */
export function doubt(declaration: Declaration, detail: string): Declaration {
  return declaration.outcome.kind === 'ignored'
    ? declaration
    : { ...declaration, outcome: { kind: 'unknown', detail } };
}
