import type { Snapshot } from '../agent/snapshot.ts';
import type { MetricFamily } from '../metrics/metric.ts';

/** The collectors one scrape asks for with `collect[]`, or does not want with `exclude[]`. */
export interface Selection {
  readonly collect: readonly string[];
  readonly exclude: readonly string[];
}

/** Says in one sentence what is wrong with a selection; undefined when nothing is. */
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

/** The families a scrape gets. What the agent says of itself is always among them. */
export function selectedFamilies(
  { collected, agent }: Pick<Snapshot, 'collected' | 'agent'>,
  { collect, exclude }: Selection,
): readonly MetricFamily[] {
  const wanted = [...collected].filter(
    ([name]) => (collect.length === 0 || collect.includes(name)) && !exclude.includes(name),
  );
  return [...wanted.flatMap(([, families]) => families), ...agent];
}
