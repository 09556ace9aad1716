import type { Declaration, IgnoredReason } from '../model/declaration.ts';

/** The declaration as one that has no effect. */
export function ignore(
  declaration: Declaration,
  reason: IgnoredReason,
  detail?: string,
): Declaration {
  const outcome = { kind: 'ignored' as const, reason };
  return { ...declaration, outcome: detail === undefined ? outcome : { ...outcome, detail } };
}

/** The declaration as one whose effect only the machine can tell. One without effect stays so. */
export function doubt(declaration: Declaration, detail: string): Declaration {
  return declaration.outcome.kind === 'ignored'
    ? declaration
    : { ...declaration, outcome: { kind: 'unknown', detail } };
}
