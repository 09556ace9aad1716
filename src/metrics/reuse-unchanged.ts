import type { MetricFamily, Sample } from './metric.ts';

/**
 * Gives the families of now, each as the object it was before where nothing of it has changed. Most values of a NIC do
 * not change from one poll to the next, and what is the same object need not be rendered again.
 */
export function reuseUnchanged(
  before: readonly MetricFamily[],
  now: readonly MetricFamily[],
): readonly MetricFamily[] {
  const known = new Map(before.map((family) => [family.name, family]));
  return now.map((family) => {
    const earlier = known.get(family.name);
    return earlier !== undefined && haveSameSamples(earlier.samples, family.samples)
      ? earlier
      : family;
  });
}

function haveSameSamples(one: readonly Sample[], other: readonly Sample[]): boolean {
  return (
    one === other ||
    (one.length === other.length &&
      one.every((sample, index) => {
        const twin = other[index];
        return (
          sample === twin ||
          (twin !== undefined &&
            Object.is(sample.value, twin.value) &&
            haveSameLabels(sample.labels, twin.labels))
        );
      }))
  );
}

/** A family always has the same labels, so those of one are those of the other. */
function haveSameLabels(one: Sample['labels'], other: Sample['labels']): boolean {
  for (const name in one) {
    if (one[name] !== other[name]) {
      return false;
    }
  }
  return true;
}
