/** A sample, a gap, or the end of a series. */
export type Sample = number | '_' | 'stale';

/** Writes samples as promtool's tests have them, repeated ones as `0x12`. */
export function seriesValues(length: number, sampleAt: (index: number) => Sample): string {
  const runs: { sample: Sample; count: number }[] = [];
  for (let index = 0; index < length; index += 1) {
    const sample = sampleAt(index);
    const last = runs.at(-1);
    if (last?.sample === sample) {
      last.count += 1;
    } else {
      runs.push({ sample, count: 1 });
    }
  }
  return runs
    .map(({ sample, count }) => {
      if (count === 1) {
        return String(sample);
      }
      // `_x3` is three gaps, `0x3` is four samples, and a series ends once.
      return sample === 'stale'
        ? `stale _x${count - 1}`
        : `${sample}x${sample === '_' ? count : count - 1}`;
    })
    .join(' ');
}
