import type { MetricFamily } from '../metrics/metric.ts';

/**
 * Makes the function that turns readings of devices into families. Where every reading is the same object as in the last
 * poll the families are those of the last poll, so that nothing is made, compared or rendered anew: of most devices most
 * readings do not change.
 */
export function createFamiliesOf<Reading>(
  make: (readings: readonly Reading[]) => readonly MetricFamily[],
): (readings: readonly Reading[]) => readonly MetricFamily[] {
  let last: readonly Reading[] | undefined;
  let families: readonly MetricFamily[] = [];
  return (readings) => {
    const previous = last;
    if (
      previous?.length !== readings.length ||
      readings.some((reading, index) => reading !== previous[index])
    ) {
      families = make(readings);
      last = readings;
    }
    return families;
  };
}
