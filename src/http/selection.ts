import type { Snapshot } from '../agent/snapshot.ts';
import type { MetricFamily } from '../metrics/metric.ts';

/** The collectors a scrape selects with `collect[]`, or excludes with `exclude[]`. */
export interface Selection {
  readonly collect: readonly string[];
  readonly exclude: readonly string[];
}

/** Describes what is wrong with a selection; undefined when it is valid. */
export function selectionProblem(
  { collect, exclude }: Selection,
  collectors: ReadonlySet<string>,
): string | undefined {
  if (collect.length > 0 && exclude.length > 0) {
    return 'collect[] and exclude[] cannot be used together';
  }
  const unknown = [...collect, ...exclude].find((name) => !collectors.has(name));
  return unknown === undefined
    ? undefined
    : `no enabled collector is named ${JSON.stringify(unknown.slice(0, 64))}`;
}

/** The families of the selected collectors, and always those of the agent itself. */
export function selectedFamilies(
  { collected, agent }: Pick<Snapshot, 'collected' | 'agent'>,
  { collect, exclude }: Selection,
): readonly MetricFamily[] {
  const selected = [...collected].filter(
    ([name]) => (collect.length === 0 || collect.includes(name)) && !exclude.includes(name),
  );
  return [...selected.flatMap(([, families]) => families), ...agent];
}
