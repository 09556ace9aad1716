import type { Statistic, Statistics } from '../../src/model/device.ts';

/** Statistics one by one. */
export function statisticList({ names, values }: Statistics): readonly Statistic[] {
  return names.map((name, index) => ({ name, value: values[index] ?? 0n }));
}

/** Statistics as a driver's reads give them. */
export function statisticsFrom(list: readonly Statistic[]): Statistics {
  return {
    names: list.map(({ name }) => name),
    values: BigUint64Array.from(list, ({ value }) => value),
  };
}
