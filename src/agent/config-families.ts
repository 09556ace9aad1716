import { gauge } from '../metrics/metric.ts';
import type { Metric, MetricFamily } from '../metrics/metric.ts';

const reloadSuccessful = gauge({
  name: 'nicwatch_config_last_reload_successful',
  help: 'Whether the current files of the web configuration, its certificates and the known issues are in force; 0 while older ones are.',
});
const reloadTimestamp = gauge({
  name: 'nicwatch_config_last_reload_success_timestamp_seconds',
  help: 'When a configuration file in force was last loaded, in seconds since the epoch.',
});

/** Exported with `--web.config.file` or `--known-issues.file`, named after Prometheus's own. */
export const configMetrics: readonly Metric[] = [reloadSuccessful, reloadTimestamp];

/** A configuration file that is reloaded at runtime. */
export interface ConfigFile {
  /** Reloads the file if it has changed. If it is invalid, logs the error and keeps the previous configuration. */
  reload(): Promise<void>;
  /** Whether the current content of the file is in force. */
  isUpToDate(): boolean;
  /** When the configuration in force was loaded, in seconds since the epoch. */
  lastReadSeconds(): number;
}

/** Exports the reload status of the configuration files: the same array while it does not change. */
export function createConfigFamilies(files: readonly ConfigFile[]): () => readonly MetricFamily[] {
  let families: readonly MetricFamily[] = [];
  let latest = '';
  return () => {
    const isUpToDate = files.every((file) => file.isUpToDate());
    const lastRead = Math.max(...files.map((file) => file.lastReadSeconds()));
    const state = `${isUpToDate} ${lastRead}`;
    if (files.length > 0 && state !== latest) {
      latest = state;
      families = [
        reloadSuccessful.family([{ labels: {}, value: Number(isUpToDate) }]),
        reloadTimestamp.family([{ labels: {}, value: lastRead }]),
      ];
    }
    return families;
  };
}
