import { formatTable } from '../../bench/table.ts';
import type { Observations } from './observation.ts';

/** One line of the table. */
export interface Verdict {
  readonly caseName: string;
  readonly what: string;
  readonly seen: string;
  readonly expected: string;
  readonly passed: boolean;
}

/** What a case found. */
export interface Report {
  readonly observations: Observations;
  /** Passes when both are equal. */
  equal(what: string, seen: Value, expected: Value): void;
  /** Passes when it took no longer than so many seconds; undefined is never. */
  within(what: string, seconds: number | undefined, max: number): void;
  fail(error: unknown): void;
}

type Value = number | string | boolean | undefined;

interface ReportOptions {
  readonly caseName: string;
  readonly verdicts: Verdict[];
  readonly observations: Observations;
}

/** A report that adds verdicts and observations to those there are, and prints failures as they come. */
export function createReport({ caseName, verdicts, observations }: ReportOptions): Report {
  const add = (verdict: Omit<Verdict, 'caseName'>): void => {
    verdicts.push({ caseName, ...verdict });
    if (!verdict.passed) {
      console.error(`  FAILED ${verdict.what}: ${verdict.seen}, expected ${verdict.expected}`);
    }
  };
  return {
    observations,
    equal: (what, seen, expected) => {
      add({
        what,
        seen: format(seen),
        expected: format(expected),
        passed: seen === expected,
      });
    },
    within: (what, seconds, max) => {
      add({
        what,
        seen: seconds === undefined ? 'never' : `${seconds.toFixed(1)} s`,
        expected: `within ${max} s`,
        passed: seconds !== undefined && seconds <= max,
      });
    },
    fail: (error) => {
      const message = error instanceof Error ? error.message : String(error);
      add({ what: 'runs', seen: message.slice(0, 2000), expected: 'no error', passed: false });
    },
  };
}

/** The table of all verdicts, and the counts as the last line. */
export function formatReport(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ caseName, what, seen, expected, passed }) => [
    passed ? 'ok' : 'FAILED',
    caseName,
    what,
    shorten(seen),
    shorten(expected),
  ]);
  const failed = verdicts.filter(({ passed }) => !passed).length;
  return [
    ...formatTable([['', 'case', 'what', 'seen', 'expected'], ...rows]),
    '',
    `${verdicts.length - failed} passed, ${failed} failed`,
  ].join('\n');
}

function format(value: Value): string {
  return value === undefined ? '-' : String(value);
}

function shorten(text: string): string {
  const [line = ''] = text.split('\n');
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}
