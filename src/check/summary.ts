import type { Check, CheckSummary } from '../model/check-report.ts';

/** Counts what checks found. One that could not look is no finding, and keeps the whole from being complete. */
export function summaryOf(checks: readonly Check[]): CheckSummary {
  const count = (...results: readonly Check['result'][]): number =>
    checks.filter(({ result }) => results.includes(result)).length;
  const critical = count('critical');
  const warning = count('warning');
  const unknown = count('unknown');
  return {
    result: critical + warning > 0 ? 'findings' : unknown > 0 ? 'incomplete' : 'ok',
    critical,
    warning,
    unknown,
    ok: count('ok', 'info'),
  };
}

export interface ExitOptions {
  /** The least severe result that counts. */
  readonly severity: 'warning' | 'critical';
  /** Whether one that could not look is no matter. */
  readonly allowUnknown: boolean;
}

/** 0 nothing found and everything looked at, 1 findings, 2 could not look: as diff(1) and grep(1). */
export function exitCodeOf(
  { critical, warning, unknown }: CheckSummary,
  { severity, allowUnknown }: ExitOptions,
): number {
  const findings = severity === 'critical' ? critical : critical + warning;
  return findings > 0 ? 1 : unknown > 0 && !allowUnknown ? 2 : 0;
}
