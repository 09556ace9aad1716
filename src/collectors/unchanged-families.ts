import type { MetricFamily } from '../metrics/metric.ts';

/**
 * Creates the function that turns readings of devices into families, and reuses those of the last poll while every reading
 * is the same object: then nothing is compared or rendered again.
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
