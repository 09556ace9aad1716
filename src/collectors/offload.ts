import { curatedOffloadFeatures } from '../catalogue/offload-features.ts';
import type { Feature } from '../model/device.ts';
import type { DeviceHistory } from '../model/offload-history.ts';
import { gauge } from '../metrics/metric.ts';
import type { Metric, Sample } from '../metrics/metric.ts';
import type { CollectorDefinition, Poll, WatchedDevice } from './collector.ts';
import { createOffloadHistory, historySamples, unchangedSince } from './offload-history.ts';
import { createFamiliesOf } from './unchanged-families.ts';

export const offloadEnabled: Metric<'device' | 'feature' | 'fixed'> = gauge({
  name: 'nic_offload_enabled',
  help: 'Whether the offload feature is active, under the name ethtool prints. Source: ethtool -k.',
  labels: ['device', 'feature', 'fixed'],
});
export const offloadRequested: Metric<'device' | 'feature'> = gauge({
  name: 'nic_offload_requested',
  help: 'The requested state of an offload feature where it differs from the active one. Source: ethtool -k.',
  labels: ['device', 'feature'],
});

const featureReads = ['features'] as const;

/** Offload features: a curated list, and others with `--collector.offload.features`. */
export const offloadCollector: CollectorDefinition = {
  name: 'offload',
  description: 'Offload features of each device.',
  metrics: [offloadEnabled, offloadRequested, unchangedSince],
  create: ({ host, config, log }) => {
    const history = createOffloadHistory({ host, log });
    const cache = new WeakMap<WatchedDevice, FeatureSamples>();
    const familiesOf = createFamiliesOf((readings: readonly (FeatureSamples | undefined)[]) => [
      offloadEnabled.family(readings.flatMap((samples) => samples?.enabled ?? [])),
      offloadRequested.family(readings.flatMap((samples) => samples?.requested ?? [])),
      unchangedSince.family(readings.flatMap((samples) => samples?.unchanged ?? [])),
    ]);
    const isWanted = ({ name }: Feature): boolean =>
      curatedOffloadFeatures.has(name) || config.offloadFeatures?.test(name) === true;

    const readDevice = (
      device: WatchedDevice,
      { attempt, nowSeconds }: Poll,
    ): FeatureSamples | undefined => {
      const features = attempt({ device, read: 'features' }, device.features);
      if (features === undefined) {
        return undefined;
      }
      const { name } = device;
      const seen = history.observe({ device, features, nowSeconds });
      const previous = cache.get(device);
      if (previous?.features === features && previous.name === name && previous.history === seen) {
        return previous;
      }
      const wanted = features.filter(isWanted);
      const samples = {
        features,
        name,
        history: seen,
        ...featureSamples(name, wanted),
        unchanged: historySamples(name, wanted, seen),
      };
      cache.set(device, samples);
      return samples;
    };

    return {
      needs: () => featureReads,
      run: history.restore,
      collect: (poll) => familiesOf(poll.devices.map((device) => readDevice(device, poll))),
    };
  },
};

/** The cached samples of a device, and what they were made from. */
interface FeatureSamples extends ReturnType<typeof featureSamples> {
  readonly features: readonly Feature[];
  readonly name: string;
  readonly history: DeviceHistory | undefined;
  readonly unchanged: ReturnType<typeof historySamples>;
}

function featureSamples(
  device: string,
  features: readonly Feature[],
): {
  readonly enabled: readonly Sample<'device' | 'feature' | 'fixed'>[];
  readonly requested: readonly Sample<'device' | 'feature'>[];
} {
  return {
    enabled: features.map(({ name, fixed, enabled }) => ({
      labels: { device, feature: name, fixed: String(fixed) },
      value: Number(enabled),
    })),
    requested: features
      .filter(({ requested, enabled }) => requested !== enabled)
      .map(({ name, requested }) => ({
        labels: { device, feature: name },
        value: Number(requested),
      })),
  };
}
