import { gauge } from '../metrics/metric.ts';
import type { Metric } from '../metrics/metric.ts';
import type { Agent } from './agent.ts';
import type { Snapshot } from './snapshot.ts';

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

/** Adds to what the agent says of itself how the files of its configuration fare. */
export function withConfigFamilies<Served extends Pick<Agent, 'freshSnapshot'>>(
  agent: Served,
  files: readonly ConfigFile[],
): Served {
  let served:
    | { readonly plain: Snapshot; readonly state: string; readonly full: Snapshot }
    | undefined;
  return files.length === 0
    ? agent
    : {
        ...agent,
        // The same object while nothing changes: it is rendered once.
        freshSnapshot: async () => {
          const plain = await agent.freshSnapshot();
          const isUpToDate = files.every((file) => file.isUpToDate());
          const lastRead = Math.max(...files.map((file) => file.lastReadSeconds()));
          const state = `${isUpToDate} ${lastRead}`;
          if (served?.plain !== plain || served.state !== state) {
            const own = [
              reloadSuccessful.family([{ labels: {}, value: Number(isUpToDate) }]),
              reloadTimestamp.family([{ labels: {}, value: lastRead }]),
            ];
            served = { plain, state, full: { ...plain, agent: [...plain.agent, ...own] } };
          }
          return served.full;
        },
      };
}
