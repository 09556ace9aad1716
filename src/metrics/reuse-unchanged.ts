import type { MetricFamily, Sample } from './metric.ts';

/**
 * Returns the current families, with unchanged families and samples replaced by the previous objects: a family that is
 * the same object is not rendered again, and reused samples are not garbage. Most values of a NIC do not change between
 * polls.
 */
export function reuseUnchanged(
  previous: readonly MetricFamily[],
  current: readonly MetricFamily[],
): readonly MetricFamily[] {
  return current.map((family, index) => {
    const sameName = ({ name }: MetricFamily): boolean => name === family.name;
    // A collector returns its families in the same order, but may omit some.
    const likely = previous[index];
    const earlier = likely?.name === family.name ? likely : previous.find(sameName);
    return earlier === undefined ? family : reuseSamples(earlier, family);
  });
}

function reuseSamples(previous: MetricFamily, current: MetricFamily): MetricFamily {
  if (previous.samples === current.samples) {
    return previous;
  }
  let unchanged = 0;
  const samples = current.samples.map((sample, index) => {
    const earlier = previous.samples[index];
    if (earlier === undefined || !isSame(earlier, sample)) {
      return sample;
    }
    unchanged += 1;
    return earlier;
  });
  return unchanged === samples.length && unchanged === previous.samples.length
    ? previous
    : { ...current, samples };
}

function isSame(one: Sample, other: Sample): boolean {
  return (
    one === other || (Object.is(one.value, other.value) && haveSameLabels(one.labels, other.labels))
  );
}

/** Both samples have the same label names: they are of one family. */
function haveSameLabels(one: Sample['labels'], other: Sample['labels']): boolean {
  for (const name in one) {
    if (one[name] !== other[name]) {
      return false;
    }
  }
  return true;
}
