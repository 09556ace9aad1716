import type { Snapshot } from '../agent/snapshot.ts';
import type { Config } from '../config/config.ts';
import { statusPage } from './status-page.ts';
import { statusOf } from './status.ts';

/** The status of one snapshot, for people and for programs. Each is made when it is first asked for. */
interface RenderedStatus {
  page(): string;
  json(): string;
}

interface StatusRendererOptions {
  readonly config: Pick<Config, 'knownIssues' | 'telemetryPath'>;
  /** The name of the node, which may change while the agent runs. */
  readonly hostname: () => string;
}

/** Makes the function that renders a snapshot once, however many ask for it. */
export function createStatusRenderer({
  config,
  hostname,
}: StatusRendererOptions): (snapshot: Snapshot) => RenderedStatus {
  const known = new WeakMap<Snapshot, RenderedStatus>();

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
    const rendered = known.get(snapshot) ?? render(snapshot);
    known.set(snapshot, rendered);
    return rendered;
  };
}
