import type { Snapshot } from '../agent/snapshot.ts';
import type { Config } from '../config/config.ts';
import { memoizeByObject } from '../model/memoize.ts';
import { statusPage } from './status-page.ts';
import { statusOf } from './status.ts';

interface StatusRendererOptions {
  readonly config: Pick<Config, 'knownIssues' | 'telemetryPath'>;
  /** Host name of the node, which may change while the agent runs. */
  readonly hostname: () => string;
}

/** Creates the function that renders the status of a snapshot, as a page and as JSON, each on first use. */
export function createStatusRenderer({
  config,
  hostname,
}: StatusRendererOptions): (snapshot: Snapshot) => Readonly<Record<'page' | 'json', () => string>> {
  return memoizeByObject((snapshot) => {
    const { knownIssues, telemetryPath } = config;
    const status = statusOf(snapshot, { hostname: hostname(), knownIssues });
    let page: string | undefined;
    let json: string | undefined;
    return {
      page: () => (page ??= statusPage(status, telemetryPath)),
      json: () => (json ??= `${JSON.stringify({ status: 'success', data: status })}\n`),
    };
  });
}
