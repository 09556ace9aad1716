import { curatedOffloadFeatures } from '../catalogue/offload-names.ts';
import type { Feature } from '../model/device.ts';
import type { DeviceHistory } from '../model/offload-history.ts';
import { memoizeByObject, memoizeLast } from '../model/memoize.ts';
import { gauge } from '../metrics/metric.ts';
import type { Metric, Sample } from '../metrics/metric.ts';
import type { CollectorDefinition, Poll, WatchedDevice } from './collector.ts';
import { createOffloadHistory, historySamples, unchangedSince } from './offload-history.ts';

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

/** Offload features: a curated list, and others with `--collector.offload.features`. */
export const offloadCollector: CollectorDefinition = {
  name: 'offload',
  description: 'Offload features of each device.',
  metrics: [offloadEnabled, offloadRequested, unchangedSince],
  create: ({ host, config, log }) => {
    const history = createOffloadHistory({ host, log });
    const samplesOf = memoizeByObject((_device: WatchedDevice) =>
      memoizeLast((name: string, features: readonly Feature[], seen: DeviceHistory | undefined) => {
        const wanted = features.filter(isWanted);
        return { ...featureSamples(name, wanted), unchanged: historySamples(name, wanted, seen) };
      }),
    );
    const familiesOf = memoizeLast((...readings: readonly (FeatureSamples | undefined)[]) => [
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
      return (
        features &&
        samplesOf(device)(device.name, features, history.observe({ device, features, nowSeconds }))
      );
    };

    return {
      needs: () => ['features'],
      run: history.restore,
      collect: (poll) => familiesOf(...poll.devices.map((device) => readDevice(device, poll))),
    };
  },
};

interface FeatureSamples {
  readonly enabled: readonly Sample<'device' | 'feature' | 'fixed'>[];
  readonly requested: readonly Sample<'device' | 'feature'>[];
  readonly unchanged: readonly Sample<'device' | 'feature' | 'cause'>[];
}

function featureSamples(
  device: string,
  features: readonly Feature[],
): Omit<FeatureSamples, 'unchanged'> {
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
