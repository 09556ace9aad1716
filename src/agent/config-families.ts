import { gauge } from '../metrics/metric.ts';
import type { Metric, MetricFamily } from '../metrics/metric.ts';

const reloadSuccessful = gauge({
  name: 'nicwatch_config_last_reload_successful',
  help: 'Whether the web configuration with its certificates and the known issues, as their files are now, are in force; 0 while older ones are.',
});
const reloadTimestamp = gauge({
  name: 'nicwatch_config_last_reload_success_timestamp_seconds',
  help: 'When a file of the configuration in force was last read, in seconds since the epoch.',
});

/** There with `--web.config.file` or `--known-issues.file`, under the names Prometheus has for its own. */
export const configMetrics: readonly Metric[] = [reloadSuccessful, reloadTimestamp];

/** A file of the configuration that is read anew while the agent runs. */
export interface ConfigFile {
  /** Reads it anew where it has changed. Where it cannot be used, what was in force stays so, and the log says why. */
  reload(): Promise<void>;
  /** Whether the file, as it is now, is in force. */
  isUpToDate(): boolean;
  /** When what is in force was read, in seconds since the epoch. */
  lastReadSeconds(): number;
}

/** Tells how the files of the configuration fare: the same array for as long as that does not change. */
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
