import type { Snapshot } from '../agent/snapshot.ts';
import type { Config } from '../config/config.ts';
import { statusPage } from './status-page.ts';
import { statusOf } from './status.ts';

/** The status of one snapshot, as a page and as JSON. Each is rendered on first use. */
interface RenderedStatus {
  page(): string;
  json(): string;
}

interface StatusRendererOptions {
  readonly config: Pick<Config, 'knownIssues' | 'telemetryPath'>;
  /** Host name of the node, which may change while the agent runs. */
  readonly hostname: () => string;
}

/** Makes the function that renders a snapshot; the result is cached. */
export function createStatusRenderer({
  config,
  hostname,
}: StatusRendererOptions): (snapshot: Snapshot) => RenderedStatus {
  const cache = new WeakMap<Snapshot, RenderedStatus>();

  const render = (snapshot: Snapshot): RenderedStatus => {
    const { knownIssues, telemetryPath } = config;
    const status = statusOf(snapshot, { hostname: hostname(), knownIssues });
    let page: string | undefined;
    let json: string | undefined;
    return {
      page: () => {
        page ??= statusPage(status, telemetryPath);
        return page;
      },
      json: () => {
        json ??= `${JSON.stringify({ status: 'success', data: status })}\n`;
        return json;
      },
    };
  };

  return (snapshot) => {
    const rendered = cache.get(snapshot) ?? render(snapshot);
    cache.set(snapshot, rendered);
    return rendered;
  };
}
