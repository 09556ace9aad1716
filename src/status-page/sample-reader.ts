import type { MetricFamily, Sample } from '../metrics/metric.ts';

/** Finds samples by what they are called. */
export interface SampleReader {
  /** Every sample of a metric. */
  all(name: string): readonly Sample[];
  /** Those of one device. */
  of(name: string, device: string): readonly Sample[];
  /** The value of the sample that has all these labels; undefined where there is none. */
  value(name: string, labels: Readonly<Record<string, string>>): number | undefined;
}

/** Makes a reader of families. */
export function createSampleReader(families: readonly MetricFamily[]): SampleReader {
  const byName = new Map(families.map(({ name, samples }) => [name, samples]));
  /** By name and device, made when first asked for: a host may have a hundred devices. */
  const byDevice = new Map<string, ReadonlyMap<string, readonly Sample[]>>();

  const all = (name: string): readonly Sample[] => byName.get(name) ?? [];

  const of = (name: string, device: string): readonly Sample[] => {
    const devices = byDevice.get(name) ?? groupByDevice(all(name));
    byDevice.set(name, devices);
    return devices.get(device) ?? [];
  };

  return {
    all,
    of,
    value: (name, labels) => {
      const candidates = labels['device'] === undefined ? all(name) : of(name, labels['device']);
      return candidates.find((sample) =>
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
      )?.value;
    },
  };
}

function groupByDevice(samples: readonly Sample[]): ReadonlyMap<string, readonly Sample[]> {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const { device = '' } = sample.labels;
    const group = groups.get(device) ?? [];
    group.push(sample);
    groups.set(device, group);
  }
  return groups;
}
