import { freePort } from './agent-process.ts';
import { startServer } from './server-process.ts';
import type { ServerProcess } from './server-process.ts';
import { stringsAt, valueAt } from './value-at.ts';

/** Alertmanager, running. */
export interface AlertmanagerProcess extends ServerProcess {
  readonly address: string;
  /** Sends it alerts with these labels. */
  post(alerts: readonly Readonly<Record<string, string>>[]): Promise<void>;
  /** Labels of the alerts that others mute. */
  muted(): Promise<readonly Readonly<Record<string, string>>[]>;
}

/** Starts Alertmanager on a port of its own and waits until it answers. */
export async function startAlertmanager(configuration: string): Promise<AlertmanagerProcess> {
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  const server = await startServer({
    command: 'prometheus-alertmanager',
    argv: (folder) => [
      `--config.file=${folder}/alertmanager.yml`,
      `--storage.path=${folder}/data`,
      `--web.listen-address=${address}`,
      // It would talk to others of its kind on all addresses.
      '--cluster.listen-address=',
    ],
    files: { 'alertmanager.yml': configuration },
    url,
    namespace: undefined,
  });
  return {
    ...server,
    address,
    post: async (alerts) => {
      const { ok, status } = await fetch(`${url}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(alerts.map((labels) => ({ labels }))),
      });
      if (!ok) {
        throw new Error(`Alertmanager refuses the alerts: ${status}`);
      }
    },
    muted: async () => {
      const alerts: unknown = await (await fetch(`${url}/api/v2/alerts`)).json();
      return (Array.isArray(alerts) ? alerts : [])
        .filter((alert: unknown) => valueAt(alert, 'status', 'state') === 'suppressed')
        .map((alert: unknown) => stringsAt(alert, 'labels'));
    },
  };
}
