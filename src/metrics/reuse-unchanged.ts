import type { MetricFamily, Sample } from './metric.ts';

/**
 * Gives the families of now, made of what they were before as far as that has not changed: a family that is the same
 * object need not be rendered again, and samples that stay the same objects cost the garbage collector nothing. Most
 * values of a NIC do not change from one poll to the next.
 */
export function reuseUnchanged(
  previous: readonly MetricFamily[],
  current: readonly MetricFamily[],
): readonly MetricFamily[] {
  return current.map((family, index) => {
    const sameName = ({ name }: MetricFamily): boolean => name === family.name;
    // A collector gives its families in the same order each time, as far as it gives them.
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

/** A family always has the same labels, so those of one are those of the other. */
function haveSameLabels(one: Sample['labels'], other: Sample['labels']): boolean {
  for (const name in one) {
    if (one[name] !== other[name]) {
      return false;
    }
  }
  return true;
}
