import { gauge } from '../metrics/metric.ts';
import { parseBootTimestampSeconds } from '../parsers/proc-stat.ts';
import type { CollectorDefinition } from './collector.ts';

const bootTimestamp = gauge({
  name: 'nic_boot_timestamp_seconds',
  help: 'When the machine started, in seconds since the epoch. Source: /proc/stat btime.',
});

/** When the counters since boot began to count. */
export const bootCollector: CollectorDefinition = {
  name: 'boot',
  description: 'When the machine started.',
  metrics: [bootTimestamp],
  create: ({ host }) => ({
    collect: async () => [
      bootTimestamp.family([
        { labels: {}, value: parseBootTimestampSeconds(await host.readFile('/proc/stat')) },
      ]),
    ],
  }),
};
