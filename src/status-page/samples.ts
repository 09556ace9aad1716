import type { Metric, MetricFamily, Sample } from '../metrics/metric.ts';

/** The samples of a metric; empty where no collector exported it. */
export function samplesOf<Label extends string>(
  families: readonly MetricFamily[],
  metric: Metric<Label>,
): readonly Sample<Label>[] {
  const isOfMetric = (family: MetricFamily): family is MetricFamily<Label> =>
    family.name === metric.name;
  return families.find(isOfMetric)?.samples ?? [];
}

/** The value of the sample with these labels; undefined if there is none. */
export function valueOf<Label extends string>(
  samples: readonly Sample<Label>[],
  labels: NoInfer<Sample<Label>['labels']>,
): number | undefined {
  const expected: Sample['labels'] = labels;
  return samples.find((sample) => {
    const own: Sample['labels'] = sample.labels;
    return Object.entries(expected).every(([label, value]) => own[label] === value);
  })?.value;
}

/** Groups samples by device: a host may have a hundred. */
export function byDevice<DeviceSample extends Sample<'device'>>(
  samples: readonly DeviceSample[],
): ReadonlyMap<string, readonly DeviceSample[]> {
  const groups = new Map<string, DeviceSample[]>();
  for (const sample of samples) {
    const group = groups.get(sample.labels.device);
    if (group === undefined) {
      groups.set(sample.labels.device, [sample]);
    } else {
      group.push(sample);
    }
  }
  return groups;
}
