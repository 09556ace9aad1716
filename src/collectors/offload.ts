import { curatedOffloadFeatures } from '../catalogue/offload-features.ts';
import type { Feature } from '../model/feature.ts';
import { gauge } from '../metrics/metric.ts';
import type { Sample } from '../metrics/metric.ts';
import { createAttempt } from './attempt.ts';
import type { CollectorDefinition } from './collector.ts';
import { createWatchedDevices } from './watched-devices.ts';

const offloadEnabled = gauge({
  name: 'nic_offload_enabled',
  help: 'Whether the offload feature is active, under the name ethtool prints. Source: ethtool -k.',
  labels: ['device', 'feature', 'fixed'],
});
const offloadRequested = gauge({
  name: 'nic_offload_requested',
  help: 'What was requested of an offload feature, where that is not what is active. Source: ethtool -k.',
  labels: ['device', 'feature'],
});

/** Offload flags: the ones that matter, and on request the others. */
export const offloadCollector: CollectorDefinition = {
  name: 'offload',
  description: 'Offload features of each device.',
  metrics: [offloadEnabled, offloadRequested],
  create: ({ host, config, report }) => {
    const attempt = createAttempt(report);
    const watchedDevices = createWatchedDevices(host, config);
    /** By the list of features, which is the same object while nothing has changed. */
    const known = new WeakMap<readonly Feature[], FeatureSamples>();
    const samplesOf = (device: string, features: readonly Feature[]): FeatureSamples => {
      const before = known.get(features);
      if (before?.device === device) {
        return before;
      }
      const samples = featureSamples(
        device,
        features.filter(
          ({ name }) =>
            curatedOffloadFeatures.has(name) || config.offloadFeatures?.test(name) === true,
        ),
      );
      known.set(features, samples);
      return samples;
    };
    return {
      collect: async () => {
        const devices = await watchedDevices();
        const readings = await Promise.all(
          devices.map(async ({ name: device }) => {
            const features = await attempt({ device, read: 'features' }, async () =>
              host.ethtool.features(device),
            );
            return features === undefined ? undefined : samplesOf(device, features);
          }),
        );
        return [
          offloadEnabled.family(readings.flatMap((samples) => samples?.enabled ?? [])),
          offloadRequested.family(readings.flatMap((samples) => samples?.requested ?? [])),
        ];
      },
    };
  },
};

interface FeatureSamples {
  readonly device: string;
  readonly enabled: readonly Sample<'device' | 'feature' | 'fixed'>[];
  readonly requested: readonly Sample<'device' | 'feature'>[];
}

function featureSamples(device: string, features: readonly Feature[]): FeatureSamples {
  return {
    device,
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
