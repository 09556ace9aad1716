import { gauge } from '../metrics/metric.ts';
import type { Metric, MetricFamily } from '../metrics/metric.ts';
import type { WebConfigFollower } from './web-config-follower.ts';

const reloadSuccessful = gauge({
  name: 'nicwatch_config_last_reload_successful',
  help: 'Whether the web configuration and its certificates, as they are now, are in force; 0 while older ones are.',
});
const reloadTimestamp = gauge({
  name: 'nicwatch_config_last_reload_success_timestamp_seconds',
  help: 'When the web configuration in force was read, in seconds since the epoch.',
});

/** There with `--web.config.file`, under the names Prometheus has for its own. */
export const webConfigMetrics: readonly Metric[] = [reloadSuccessful, reloadTimestamp];

/** How the following of the web configuration fares. */
export function webConfigFamilies(
  follower: Pick<WebConfigFollower, 'isUpToDate' | 'lastReadSeconds'>,
): readonly MetricFamily[] {
  return [
    reloadSuccessful.family([{ labels: {}, value: Number(follower.isUpToDate()) }]),
    reloadTimestamp.family([{ labels: {}, value: follower.lastReadSeconds() }]),
  ];
}
