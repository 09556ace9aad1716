import { curatedOffloadFeatures } from '../catalogue/offload-features.ts';
import { gauge } from '../metrics/metric.ts';
import { createAttempt } from './attempt.ts';
import type { CollectorDefinition } from './collector.ts';
import { watchedDevices } from './watched-devices.ts';

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
    return {
      collect: async () => {
        const devices = await watchedDevices(host, config);
        const readings = await Promise.all(
          devices.map(async ({ name: device }) => {
            const features = await attempt({ device, read: 'features' }, async () =>
              host.ethtool.features(device),
            );
            return (features ?? [])
              .filter(
                ({ name }) =>
                  curatedOffloadFeatures.has(name) || config.offloadFeatures?.test(name) === true,
              )
              .map((feature) => ({ ...feature, device }));
          }),
        );
        const features = readings.flat();
        return [
          offloadEnabled.family(
            features.map(({ device, name, fixed, enabled }) => ({
              labels: { device, feature: name, fixed: String(fixed) },
              value: Number(enabled),
            })),
          ),
          offloadRequested.family(
            features
              .filter(({ requested, enabled }) => requested !== enabled)
              .map(({ device, name, requested }) => ({
                labels: { device, feature: name },
                value: Number(requested),
              })),
          ),
        ];
      },
    };
  },
};
