import { counterMeanings, driverCounters } from '../catalogue/driver-counters.ts';
import type { CounterMeaning, CounterSource } from '../catalogue/driver-counters.ts';
import { queueForms } from '../catalogue/queue-names.ts';

/** The mapping of a device's statistics. Computed once per list of names. */
export interface StatisticPlan {
  readonly names: readonly string[];
  /** Indexes of the statistics that add up to a meaning; no entry if the driver has no such counter. */
  readonly counters: ReadonlyMap<CounterMeaning, readonly number[]>;
  /** Number of statistics the catalogue maps, including those that a total makes redundant. */
  readonly mapped: number;
  readonly passed: readonly PassedStatistic[];
  /** Number of statistics the filter includes and the limit drops. */
  readonly dropped: number;
}

/** A raw statistic that is exported. */
interface PassedStatistic {
  readonly index: number;
  readonly statistic: string;
  /** Empty if it belongs to no queue. */
  readonly queue: string;
}

/** Selects raw statistics by the driver's name for them, trimmed. */
export interface RawFilter {
  readonly include: RegExp | undefined;
  readonly exclude: RegExp | undefined;
}

/** Max raw statistics per device: a card with 128 queues has thousands. */
export const maxPassed = 500;

/** Maps the statistics of a device. */
export function planStatistics(
  driver: string | undefined,
  names: readonly string[],
  filter: RawFilter,
): StatisticPlan {
  const trimmed = names.map((name) => name.trim());
  const counters = new Map<CounterMeaning, readonly number[]>();
  const mapped = new Set<number>();
  for (const meaning of counterMeanings) {
    const found = alternatives(driverCounters[driver ?? '']?.[meaning] ?? [], trimmed);
    const [best] = found;
    if (best !== undefined) {
      counters.set(meaning, best);
    }
    for (const index of found.flat()) {
      mapped.add(index);
    }
  }
  return { names, counters, mapped: mapped.size, ...choose(driver, names, filter) };
}

function choose(
  driver: string | undefined,
  names: readonly string[],
  { include, exclude }: RawFilter,
): Pick<StatisticPlan, 'passed' | 'dropped'> {
  if (include === undefined) {
    return { passed: [], dropped: 0 };
  }
  // Named before they are filtered: a series must not depend on which others are exported.
  const chosen = nameSeries(driver, names).filter(({ index }) => {
    const name = names[index]?.trim() ?? '';
    return include.test(name) && exclude?.test(name) !== true;
  });
  return { passed: chosen.slice(0, maxPassed), dropped: Math.max(0, chosen.length - maxPassed) };
}

/** Indexes of the matching names, for each alternative that has any. */
function alternatives(
  source: CounterSource,
  names: readonly string[],
): readonly (readonly number[])[] {
  return source
    .map((patterns) => {
      const matchers = patterns.map(nameMatcher);
      return [...names.keys()].filter((index) =>
        matchers.some((matches) => matches(names[index] ?? '')),
      );
    })
    .filter((indexes) => indexes.length > 0);
}

function nameMatcher(pattern: string): (name: string) => boolean {
  const [before = '', after] = pattern.split('{n}');
  return after === undefined
    ? (name) => name === pattern
    : (name) =>
        name.startsWith(before) &&
        name.endsWith(after) &&
        /^\d+$/.test(name.slice(before.length, name.length - after.length));
}

/**
 * Gives every statistic of a device a unique pair of name and queue. A repeated name is one statistic of several queues
 * (vmxnet3); leading spaces are kept only where names would otherwise collide.
 */
function nameSeries(
  driver: string | undefined,
  names: readonly string[],
): readonly PassedStatistic[] {
  const occurrences = new Map<string, number>();
  for (const name of names) {
    occurrences.set(name, (occurrences.get(name) ?? 0) + 1);
  }
  const seen = new Map<string, number>();
  const taken = new Set<string>();
  return names.map((name, index) => {
    const nth = seen.get(name) ?? 0;
    seen.set(name, nth + 1);
    const isRepeated = (occurrences.get(name) ?? 0) > 1;
    const named = isRepeated
      ? { statistic: name.trim(), queue: String(nth) }
      : splitQueue(driver, name.trim());
    const candidates = [named, { ...named, statistic: name }, { statistic: name, queue: '' }];
    const free = candidates.find((candidate) => !taken.has(seriesKey(candidate))) ?? {
      statistic: name,
      queue: `#${index}`,
    };
    taken.add(seriesKey(free));
    return { index, ...free };
  });
}

function seriesKey({ statistic, queue }: Omit<PassedStatistic, 'index'>): string {
  return JSON.stringify([statistic, queue]);
}

function splitQueue(driver: string | undefined, name: string): Omit<PassedStatistic, 'index'> {
  for (const { pattern, drivers } of queueForms) {
    const groups =
      drivers?.includes(driver ?? '') === false ? undefined : pattern.exec(name)?.groups;
    if (groups !== undefined) {
      const { before = '', queue = '', after = '' } = groups;
      return { statistic: before + after, queue };
    }
  }
  return { statistic: name, queue: '' };
}
