import type { Check, CheckSummary } from '../model/check-report.ts';

/** Counts the results of checks. An incomplete check is not a finding, but makes the report incomplete. */
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
  /** Minimum severity that counts. */
  readonly severity: 'warning' | 'critical';
  /** Whether incomplete checks are ignored. */
  readonly allowUnknown: boolean;
}

/** The exit code, as of diff(1) and grep(1): 0 without findings, 1 with findings, 2 if a check was incomplete. */
export function exitCodeOf(
  { critical, warning, unknown }: CheckSummary,
  { severity, allowUnknown }: ExitOptions,
): number {
  const findings = severity === 'critical' ? critical : critical + warning;
  return findings > 0 ? 1 : unknown > 0 && !allowUnknown ? 2 : 0;
}
