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

/** Makes the function that says how the following of the web configuration fares; its array changes only with that. */
export function createWebConfigFamilies(
  follower: Pick<WebConfigFollower, 'isUpToDate' | 'lastReadSeconds'>,
): () => readonly MetricFamily[] {
  let state: string | undefined;
  let families: readonly MetricFamily[] = [];
  return () => {
    const [isUpToDate, lastReadSeconds] = [follower.isUpToDate(), follower.lastReadSeconds()];
    if (state !== `${isUpToDate} ${lastReadSeconds}`) {
      state = `${isUpToDate} ${lastReadSeconds}`;
      families = [
        reloadSuccessful.family([{ labels: {}, value: Number(isUpToDate) }]),
        reloadTimestamp.family([{ labels: {}, value: lastReadSeconds }]),
      ];
    }
    return families;
  };
}
