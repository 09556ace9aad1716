import type { Config } from '../config/config.ts';
import { gauge } from '../metrics/metric.ts';
import type { Metric } from '../metrics/metric.ts';
import { parseBootTimestampSeconds } from '../parsers/number.ts';
import { SourceError, assertSourceError } from '../model/errors.ts';
import type { CollectorDefinition } from './collector.ts';

/** The file is long on large machines, and the boot time changes only when the clock is set. */
const ttlSeconds = 60;

export const bootTimestamp: Metric<never> = gauge({
  name: 'nic_boot_timestamp_seconds',
  help: 'When the machine started, in seconds since the epoch. Source: /proc/stat btime.',
});

/** The start time of the counters since boot. */
export const bootCollector: CollectorDefinition = {
  name: 'boot',
  description: 'Boot time of the machine.',
  metrics: [bootTimestamp],
  create: ({ config }) => {
    let expiresAtSeconds = 0;
    let value = 0;
    return {
      collect: async ({ nowSeconds, readFile }) => {
        if (nowSeconds >= expiresAtSeconds || nowSeconds < expiresAtSeconds - ttlSeconds) {
          value = parseBootTimestampSeconds(
            await readFile('/proc/stat').catch((error: unknown) => {
              assertSourceError(error, 'absent');
              throw missingProcfs(config);
            }),
          );
          expiresAtSeconds = nowSeconds + ttlSeconds;
        }
        return [bootTimestamp.family([{ labels: {}, value }])];
      },
    };
  },
};

/** The error for files that every procfs has; the same for all collectors, so that it is logged once. */
export function missingProcfs({ paths }: Pick<Config, 'paths'>): SourceError {
  return new SourceError(
    'absent',
    `--path.procfs ${JSON.stringify(paths.procfs)} has no "stat" or "net/snmp"; expected the path at which procfs is mounted`,
  );
}
